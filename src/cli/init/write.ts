/** Writing a new cluster file, checked before it is written. */
import { writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { ClusterFileError, formatProblem, parseClusterFile } from '../../cluster/cluster-file/parse.js'
import { renderClusterFile, type ClusterFileAnswers } from '../../cluster/cluster-file/render.js'
import { QuorateError } from '../../errors/index.js'
import type { Context } from '../context.js'

/**
 * Writes the file, or prints it where `output` is `-`.
 * @returns the path; undefined when it was printed.
 * @throws QuorateError `CLUSTER_FILE_INVALID` for answers that make no cluster, `USAGE` for a file that is there.
 */
export function writeClusterFile(
  { io }: Context,
  answers: ClusterFileAnswers,
  { output, force }: { readonly output: string; readonly force?: true },
): string | undefined {
  const text = renderClusterFile(answers)
  for (const warning of check(text, output)) io.note(`${io.style.yellow('⚠')} ${warning}`)
  if (output === '-') {
    io.out(text.trimEnd())
    return undefined
  }
  try {
    writeFileSync(output, text, { flag: force === true ? 'w' : 'wx' })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (exists) {
      throw new QuorateError('USAGE', `${output} is there already`, {
        hint: 'use --force to overwrite it, or --output to write elsewhere',
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError('CLUSTER_FILE_UNREADABLE', `${output} can not be written: ${reason}`, { cause })
  }
  return output
}

function check(text: string, output: string): string[] {
  const location = { path: output, directory: dirname(resolve(output)), home: homedir() }
  try {
    return parseClusterFile(text, location).warnings.map(
      ({ path, problem, remedy }) => `${path}: ${problem}; ${remedy}`,
    )
  } catch (error) {
    if (!(error instanceof ClusterFileError)) throw error
    throw new QuorateError('CLUSTER_FILE_INVALID', 'these answers make no cluster', {
      hint: 'correct the flags or answers',
      problems: error.fileProblems.map((problem) =>
        new QuorateError('CLUSTER_FILE_INVALID', formatProblem(problem), { hint: problem.remedy }).report(),
      ),
    })
  }
}
