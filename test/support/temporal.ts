/** A real Temporal server for tests (`scripts/ensure-temporal.sh` brings the program), and workers with scripted activities. */
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import type { Activities } from '../../src/activities/index.js'
import { TASK_QUEUE } from '../../src/operations/task-queue.js'
import { WORKFLOW_TIME } from '../../src/temporal/workflow-time.js'
import { findTemporalCli } from '../../src/engine/temporal-cli.js'
import { testBundle } from './workflow-bundle.js'

/** What a test has activities do, by their names. */
export type ScriptedActivities = Partial<Record<keyof Activities, (...args: never[]) => Promise<unknown>>>

// Tests make workflows fail on purpose; what the worker thinks of it is noise.
Runtime.install({ logger: new DefaultLogger('ERROR') })

/** Starts a server of the test's own; end it with `teardown()`. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: findTemporalCli() },
      extraArgs: ['--sqlite-pragma', 'journal_mode=WAL'],
    },
  })
}

/** The same with its UI, which the tests of ours compare it with. */
export async function startTemporalWithUi(port: number): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: findTemporalCli() }, ui: true, uiPort: port },
  })
}

/** A worker of our workflows with these activities in place of the real ones. */
export async function scriptedWorker(
  environment: TestWorkflowEnvironment,
  activities: ScriptedActivities,
): Promise<Worker> {
  return Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: await testBundle(),
    activities,
    // As the real one: on a busy machine a workflow task of 200 hosts takes longer than the default.
    ...WORKFLOW_TIME,
  })
}
