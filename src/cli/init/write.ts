/** Writing a new cluster file, checked before it is written. */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { formatProblem, problemReport, type ClusterFileProblem } from '../../cluster-file/parse.js'
import { renderClusterFile, type ClusterFileAnswers } from '../../cluster-file/render.js'
import { QuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import type { Context } from '../context.js'
import { checkFile } from './check.js'

interface WriteOptions {
  /** `-`: standard output. */
  readonly output: string
  /** Overwrite an existing file. */
  readonly force?: true
  /** Write it even if something is wrong in it. */
  readonly evenIfWrong: boolean
}

/** What was written. */
export interface Written {
  /** Undefined when the file was printed. */
  readonly path?: string
  /** What is still wrong in it. */
  readonly problems: readonly string[]
}

/**
 * Refuses an output that would overwrite a file or has no folder, before anybody has answered a question.
 * @throws QuorateError `USAGE`
 */
export function refuseOutput({ output, force }: Pick<WriteOptions, 'output' | 'force'>): void {
  if (output === '-') return
  if (force !== true && existsSync(output)) throw thereAlready(output)
  const folder = dirname(output)
  if (existsSync(folder)) return
  throw new QuorateError('USAGE', `${output} cannot be written: there is no folder ${folder}`, {
    hint: 'create the folder, or name another place with --output',
  })
}

/**
 * Writes the file, or prints it if `output` is `-`.
 * @throws QuorateError `CLUSTER_FILE_INVALID` for answers that make no cluster, `USAGE` if the file already exists.
 */
export function writeClusterFile(
  { io }: Context,
  answers: ClusterFileAnswers,
  { output, force, evenIfWrong }: WriteOptions,
): Written {
  const text = renderClusterFile(answers)
  const { problems, warnings } = checkFile(text, output)
  if (problems.length > 0 && !evenIfWrong) throw invalid(problems)
  for (const { path, problem, remedy } of warnings)
    io.note(`${io.style.yellow('⚠')} ${plainLine(`${path}: ${problem}; ${remedy}`)}`)
  const left = problems.map(formatProblem)
  if (output === '-') {
    io.out(text.trimEnd())
    return { problems: left }
  }
  try {
    writeFileSync(output, text, { flag: force === true ? 'w' : 'wx' })
  } catch (cause) {
    throw unwritable(output, cause)
  }
  return { path: output, problems: left }
}

function unwritable(output: string, cause: unknown): QuorateError {
  const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
  if (exists) return thereAlready(output)
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new QuorateError('USAGE', `${output} cannot be written: ${reason}`, {
    hint: 'name a place where you can write with --output',
    cause,
  })
}

function thereAlready(output: string): QuorateError {
  return new QuorateError('USAGE', `${output} already exists`, {
    hint: 'add --force to overwrite it, or --output to write elsewhere',
  })
}

function invalid(problems: readonly ClusterFileProblem[]): QuorateError {
  return new QuorateError('CLUSTER_FILE_INVALID', 'these answers do not describe a valid cluster', {
    hint: 'correct the flags or answers',
    problems: problems.map(problemReport),
  })
}
