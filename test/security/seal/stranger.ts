/** What another user of the machine does with the Temporal CLI, or with raw calls of the server. */
import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, WorkflowService } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import { findTemporalCli } from '../../../src/engine/temporal-cli.js'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'

/** The user `nobody`. */
export const NOBODY = 65_534

/** The Temporal CLI of the user nobody: a copy, since the project may lie in a folder that he cannot enter. */
export class StrangersCli {
  private readonly folder = mkdtempSync(join(tmpdir(), 'quorate-stranger-'))
  private readonly cli = join(this.folder, 'temporal')

  constructor() {
    chmodSync(this.folder, 0o755)
    copyFileSync(findTemporalCli(), this.cli)
    chmodSync(this.cli, 0o755)
  }

  /** Runs it as nobody; gives what it printed, however it ended. */
  run(address: string, args: readonly string[]): Promise<string> {
    const child = spawn(this.cli, [...args, '--address', address], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: this.folder,
      env: { HOME: this.folder, PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
      // It waits for ever for what nobody takes.
      timeout: 60_000,
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => resolve(output))
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type Events = Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistory']>>['history']

/** All payloads of a history, as anyone can read them, by where they stand. */
export class SeenPayloads {
  private readonly events: NonNullable<NonNullable<Events>['events']>

  constructor(history: Events) {
    this.events = history?.events ?? []
  }

  static async of(client: Client, workflowId: string, runId?: string): Promise<SeenPayloads> {
    return new SeenPayloads(await client.workflow.getHandle(workflowId, runId).fetchHistory())
  }

  /** Input of the run, with its ticket. */
  get input(): Payload[] {
    return this.one(({ workflowExecutionStartedEventAttributes: started }) => started?.input?.payloads)
  }

  /** What the run ended with. */
  get result(): Payload[] {
    return this.one(({ workflowExecutionCompletedEventAttributes: completed }) => completed?.result?.payloads)
  }

  /** Id and arguments of the first activity of a type. */
  activity(type: string): { readonly id: string; readonly args: Payload[]; readonly result: Payload[] } {
    const scheduled = this.events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === type,
    )
    const attributes = scheduled?.activityTaskScheduledEventAttributes
    const completed = this.events.find(
      (event) =>
        event.activityTaskCompletedEventAttributes?.scheduledEventId?.toString() ===
        scheduled?.eventId?.toString(),
    )
    return {
      id: attributes?.activityId ?? '',
      args: attributes?.input?.payloads ?? [],
      result: completed?.activityTaskCompletedEventAttributes?.result?.payloads ?? [],
    }
  }

  /** Arguments of the first Signal. */
  get signal(): Payload[] {
    return this.one(({ workflowExecutionSignaledEventAttributes: signaled }) => signaled?.input?.payloads)
  }

  /** Arguments of the first Update. */
  get update(): Payload[] {
    return this.one(
      ({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) =>
        accepted?.acceptedRequest?.input?.args?.payloads,
    )
  }

  private one(
    read: (event: NonNullable<NonNullable<Events>['events']>[number]) => Payload[] | null | undefined,
  ): Payload[] {
    const found = this.events.map(read).find((payloads) => payloads !== null && payloads !== undefined)
    if (found === undefined) throw new Error('the history has no such payloads')
    return found
  }
}

/** Starts a workflow with these payloads as they are. */
export async function startRaw(
  { workflowService }: Client,
  workflowId: string,
  payloads: readonly Payload[],
  { workflowType = 'applyCluster', taskQueue = TASK_QUEUE } = {},
): Promise<{ readonly workflowId: string; readonly runId: string }> {
  const { runId } = await workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: crypto.randomUUID(),
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    input: { payloads: [...payloads] },
  })
  return { workflowId, runId }
}
