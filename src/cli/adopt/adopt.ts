/** From one host of a running cluster to a cluster file for all of them. */
import { readClusterText } from '../../cluster-file/read.js'
import { renderClusterFile, type ClusterFileAnswers } from '../../cluster-file/render.js'
import type { Cluster } from '../../cluster/model.js'
import type { AdoptResult } from '../../operations/results.js'
import { QuorateError } from '../../errors/index.js'
import { defined } from '../../values/defined.js'
import { plainLine } from '../../values/plain-text.js'
import type { Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { checkFile } from '../init/check.js'
import { refuseOutput, writeClusterFile } from '../init/write.js'
import { renderPlan } from '../output/plan.js'
import { lookedAt } from '../planned.js'
import { answersOf, firstAnswers, parseStart, type AdoptFlags } from './answers.js'
import { isSetting, withoutSettings } from './without-refused.js'

/** Reads the cluster and writes its file. Nothing is written for a cluster that cannot be adopted. */
export async function adopt(context: Context, from: string, flags: AdoptFlags): Promise<ExitCode> {
  refuseOutput(flags)
  const start = parseStart(from)
  const first = await look(context, fileOf(firstAnswers(start, flags), flags))
  if (typeof first === 'number') return first
  if (first.adopted === undefined) return refuse(first)
  // The first host names the others. With all of them, the cluster can be compared with the file.
  const draft = described(answersOf(first.adopted, start, flags), flags)
  const second = await look(context, fileOf(draft.answers, flags))
  if (typeof second === 'number') return second
  if (second.adopted === undefined) return refuse(second)
  const { answers, left } = described(answersOf(second.adopted, start, flags), flags)
  const { path } = writeClusterFile(context, answers, { ...flags, evenIfWrong: false })
  tell(context, { ...second, left, answers, path })
  return second.problems.length === 0 ? EXIT.done : EXIT.failed
}

/** The result, or how the command ends without one. */
async function look(context: Context, cluster: Cluster): Promise<AdoptResult | ExitCode> {
  const looked = await lookedAt(context, 'adopt', cluster)
  return looked.kind === 'result' ? looked.result : looked.exitCode
}

function fileOf(answers: ClusterFileAnswers, { output }: AdoptFlags): Cluster {
  return readClusterText(renderClusterFile(answers), output)
}

/** A cluster in the words of the file, and the settings that a file may not have. */
interface Described {
  readonly answers: ClusterFileAnswers
  /** What is left out, one line each. */
  readonly left: readonly string[]
}

function described(answers: ClusterFileAnswers, { output }: AdoptFlags): Described {
  const { problems } = checkFile(renderClusterFile(answers), output)
  const refused = problems.filter(({ path }) => isSetting(path))
  return {
    answers: withoutSettings(
      answers,
      refused.map(({ path }) => path),
    ),
    left: refused.map(({ path, problem, remedy }) => `${path} is left out: it ${problem}; ${remedy}`),
  }
}

function refuse({ problems }: AdoptResult): never {
  const [first] = problems
  throw new QuorateError('NOT_ADOPTABLE', first?.message ?? 'the cluster cannot be adopted', {
    ...defined({ hint: first?.hint }),
    problems,
  })
}

interface Told extends AdoptResult, Described {
  readonly path: string | undefined
}

function tell({ io, json }: Context, { answers, left, path, ...result }: Told): void {
  if (json) {
    io.json({
      cluster: answers.name,
      ...defined({ path }),
      leftOut: left,
      ...result,
      adopted: undefined,
    })
    return
  }
  for (const line of left) io.note(io.style.yellow(`⚠ ${plainLine(line)}`))
  renderPlan(answers.name, result, io.style).forEach((line) => io.note(line))
  if (path !== undefined) io.note(`wrote ${path}; next: read it, then \`quorate plan\``)
}
