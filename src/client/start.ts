/** Starts operations, one per cluster at a time, with a description for the Temporal UI. */
import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import { hostsWithRole, type Cluster } from '../cluster/model.js'
import type { OperationInput, StartOptions } from '../operations/input.js'
import { kindOfWorkflow, OPERATIONS, type OperationKind } from '../operations/registry.js'
import { TASK_QUEUE } from '../operations/task-queue.js'
import { operationWorkflowId } from '../operations/workflow-id.js'
import { count, withArticle } from '../values/words.js'
import { QuorateError } from '../errors/index.js'
import { VERSION } from '../temporal/installation.js'
import { poll } from '../temporal/poll.js'
import { ensureSearchAttributes, initialSearchAttributes } from '../temporal/search-attributes.js'
import { grpcStatus, innermostMessage } from '../temporal/service-error.js'
import type { RunReference } from './run-reference.js'
import { observe } from './snapshot.js'
import { whyStuck } from './stuck.js'

/** Temporal accepts 20 KB of details; a row is about 60 bytes. */
const DETAILS_HOSTS = 200
/**
 * How long a server may not know attributes that were just registered. A small one takes a second or two; where it takes
 * longer, the operation is not kept waiting and cannot be searched for.
 */
const NEW_ATTRIBUTES = { everyMs: 250, timeoutMs: 10_000 }
/** gRPC status code. */
const INVALID_ARGUMENT = 3
/** Temporal accepts 200 bytes of summary. */
const SUMMARY_BYTES = 200

/**
 * Starts an operation on a cluster. One that holds the cluster does so until it ends. Others, such as a plan,
 * may run alongside anything.
 * @throws QuorateError `OPERATION_RUNNING` when an operation holds the cluster.
 */
export async function startOperation<Kind extends OperationKind>(
  client: Client,
  kind: Kind,
  cluster: Cluster,
  options: StartOptions<Kind> = {},
): Promise<RunReference> {
  const lock = operationWorkflowId(cluster.name)
  const workflowId = OPERATIONS[kind].holdsCluster ? lock : `${lock}/${kind}/${randomUUID().slice(0, 8)}`
  const begin = (searchAttributes: boolean) =>
    start(client, kind, workflowId, { cluster, searchAttributes, ...options })
  try {
    const isRegistered = await ensureSearchAttributes(client)
    const runId = isRegistered ? await poll(() => unlessUnknown(begin(true)), NEW_ATTRIBUTES) : undefined
    return { workflowId, runId: runId ?? (await begin(false)) }
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw await alreadyRunning(client, cluster.name, workflowId)
    }
    throw error
  }
}

/** The started run; undefined if the server does not know the search attributes. */
async function unlessUnknown(started: Promise<string>): Promise<string | undefined> {
  try {
    return await started
  } catch (error) {
    if (isUnknownSearchAttribute(error)) return undefined
    throw error
  }
}

async function start(
  client: Client,
  kind: OperationKind,
  workflowId: string,
  input: OperationInput,
): Promise<string> {
  const { cluster, searchAttributes } = input
  const handle = await client.workflow.start(OPERATIONS[kind].workflow, {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: summarize(kind, cluster),
    staticDetails: hostTable(cluster, `Started by ${starter()} with Quorate ${VERSION}`),
    memo: { startedBy: starter(), quorate: VERSION },
    ...(searchAttributes
      ? { typedSearchAttributes: initialSearchAttributes(cluster.name, kind, cluster.kubernetes.version) }
      : {}),
  })
  return handle.firstExecutionRunId
}

function isUnknownSearchAttribute(error: unknown): boolean {
  return grpcStatus(error) === INVALID_ARGUMENT && /search attribute/i.test(innermostMessage(error))
}

/** One line: which operation, on which cluster, of which size. */
export function summarize(kind: OperationKind, cluster: Cluster): string {
  const controlPlanes = hostsWithRole(cluster, 'control-plane').length
  const workers = hostsWithRole(cluster, 'worker').length
  const size = `${count(controlPlanes, 'control plane')}, ${count(workers, 'worker')}`
  return `${kind} ${cluster.name}: Kubernetes ${cluster.kubernetes.version}, ${size}`.slice(0, SUMMARY_BYTES)
}

/** The hosts as a Markdown table, below a line about the start. */
export function hostTable(cluster: Cluster, head: string): string {
  const rows = cluster.hosts.map(({ name, role, address }) => `| ${name} | ${role} | ${address} |`)
  const shown = rows.slice(0, DETAILS_HOSTS)
  const more = rows.length - shown.length
  return [
    head,
    '',
    '| Host | Role | Address |',
    '|---|---|---|',
    ...shown,
    ...(more > 0 ? [`| and ${more} more | | |`] : []),
  ].join('\n')
}

async function alreadyRunning(client: Client, cluster: string, workflowId: string): Promise<QuorateError> {
  const description = await client.workflow.getHandle(workflowId).describe()
  const since = description.startTime.toISOString()
  const by = description.memo?.startedBy
  const starterOf = typeof by === 'string' ? `, started by ${by}` : ''
  const kind = kindOfWorkflow(description.type) ?? 'apply'
  const stuck = whyStuck(await observe(client, { workflowId, runId: description.runId }))
  const standstill = stuck === undefined ? '' : `; ${stuck.message}`
  return new QuorateError(
    'OPERATION_RUNNING',
    `${withArticle(kind)} of ${cluster} has been running since ${since}${starterOf}${standstill}`,
    {
      hint:
        stuck?.hint ?? `follow it with \`quorate attach ${cluster}\`; a cluster has one operation at a time`,
    },
  )
}

function starter(): string {
  // A uid without an entry in the user database (containers) has no name.
  const user = process.env.USER ?? process.env.LOGNAME ?? nameOfUid()
  return `${user}@${hostname()}`
}

function nameOfUid(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
