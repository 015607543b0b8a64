/** What is wrong, or doubtful, in a cluster file: where, what, and what would be right. */
import { QuorateError, type ErrorReport } from '../errors/index.js'

/** The path to a field: field names and list indices, from the top of the file. */
export type FieldPath = readonly (string | number)[]

/** A finding whose place in the text is not known yet. */
export interface Finding {
  readonly severity: 'problem' | 'warning'
  readonly path: FieldPath
  /** What is wrong, with the wrong value. */
  readonly problem: string
  /** What would be right. */
  readonly remedy: string
  /** Whether the finding is about the field's name rather than its value. */
  readonly atKey?: boolean
}

/** A finding with its place in the text. */
export interface ClusterFileProblem {
  /** The file's path as the caller gave it. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** E.g. `spec.hosts[2].address`; empty for the file as a whole. */
  readonly path: string
  /** E.g. `unknown role "contol-plane"`. */
  readonly problem: string
  /** E.g. `did you mean "control-plane"?` */
  readonly remedy: string
}

/** `CLUSTER_FILE_INVALID`, with every problem of the file, in the order of the text. */
export class ClusterFileError extends QuorateError {
  readonly fileProblems: readonly ClusterFileProblem[]

  constructor(file: string, fileProblems: readonly ClusterFileProblem[]) {
    const count = fileProblems.length === 1 ? 'a problem' : `${fileProblems.length} problems`
    super('CLUSTER_FILE_INVALID', `${file} has ${count}`, { problems: fileProblems.map(problemReport) })
    this.name = 'ClusterFileError'
    this.fileProblems = fileProblems
  }
}

/** One line for a person: `cluster.yaml:14:7 spec.hosts[2].role: unknown role "x"; did you mean "y"?` */
export function formatProblem(problem: ClusterFileProblem): string {
  return `${placed(problem)}; ${problem.remedy}`
}

/** The problem as one of several in an error; the remedy is its hint. */
export function problemReport(problem: ClusterFileProblem): ErrorReport {
  return new QuorateError('CLUSTER_FILE_INVALID', placed(problem), { hint: problem.remedy }).report()
}

function placed({ file, line, column, path, problem }: ClusterFileProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${problem}`
}

/** `spec.hosts[2].address`; a name that is not a plain word goes in brackets and quotes. */
export function formatPath(path: FieldPath): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`
      if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `[${JSON.stringify(segment)}]`
      return index === 0 ? segment : `.${segment}`
    })
    .join('')
}

/** A value as it is shown in a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
