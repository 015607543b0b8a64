/** Checks each answer of `quorate init` as soon as it is given, as the cluster file would be checked. */
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { ClusterFileError, parseClusterFile, type ClusterFileProblem } from '../../cluster-file/parse.js'
import { renderClusterFile } from '../../cluster-file/render.js'
import { isQuorateError } from '../../errors/index.js'
import { answersFromOptions, type InitOptions } from './answers.js'

/** What is wrong, or doubtful, in a new cluster file. */
export interface FileCheck {
  readonly problems: readonly ClusterFileProblem[]
  readonly warnings: readonly ClusterFileProblem[]
}

/** Checks the text of a new cluster file that will be at `output`. */
export function checkFile(text: string, output: string): FileCheck {
  const location = { path: output, directory: dirname(resolve(output)), home: homedir() }
  try {
    return { problems: [], warnings: parseClusterFile(text, location).warnings }
  } catch (error) {
    if (!(error instanceof ClusterFileError)) throw error
    return { problems: error.fileProblems, warnings: [] }
  }
}

/** An answer, named by the flag that would give it. */
export type Question = Exclude<keyof InitOptions, 'output' | 'force'>

/** Where in the file an answer stands. */
const PLACES: Readonly<Record<Question, RegExp>> = {
  name: /^metadata/,
  endpoint: /^spec\.kubernetes\.controlPlaneEndpoint/,
  controlPlane: /^spec\.hosts/,
  worker: /^spec\.hosts/,
  loadBalancer: /^spec\.(hosts|loadBalancer)/,
  user: /^spec\.ssh\.user/,
  identityFile: /^spec\.ssh\.identityFile/,
  hostKeyChecking: /^spec\.ssh\.hostKeyChecking/,
  kubernetesVersion: /^spec\.kubernetes\.version/,
}

/** Valid stand-ins for what has not been asked yet. */
const FILLERS = {
  name: 'prod',
  endpoint: 'api.example.com:6443',
  controlPlane: ['quorate-filler-1=192.0.2.251'],
  output: '-',
} as const satisfies InitOptions

/** No question asks for these: they are reported when the file is written, and added there. */
const NOT_ASKED = /\.internalAddress$/

/** What is wrong with an answer, together with those given before; undefined if nothing is. */
export function problemOf(
  question: Question,
  answer: string | readonly string[],
  before: Partial<InitOptions>,
): string | undefined {
  try {
    const answers = answersFromOptions({ ...FILLERS, ...before, [question]: answer })
    const { problems } = checkFile(renderClusterFile(answers), 'cluster.yaml')
    const found = problems.find(({ path }) => PLACES[question].test(path) && !NOT_ASKED.test(path))
    return found === undefined ? undefined : `${found.problem}; ${found.remedy}`
  } catch (error) {
    if (!isQuorateError(error)) throw error
    return error.message
  }
}
