/** What tests of whole runs begin with: a Temporal server for the file, and runs of our workflows on scripted hosts. */
import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll } from 'vitest'
import type { Cluster } from '../../src/cluster/model.js'
import type { OperationInput, StartOptions } from '../../src/operations/input.js'
import { OPERATIONS, type OperationKind, type Results } from '../../src/operations/registry.js'
import { TASK_QUEUE } from '../../src/operations/task-queue.js'
import { operationWorkflowId } from '../../src/operations/workflow-id.js'
import { defined } from '../../src/values/defined.js'
import { aCluster } from './clusters.js'
import { fakeActivities, type FakeHosts } from './fake-activities.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from './temporal.js'

/** A run of an operation of this kind. */
export type Run<Kind extends OperationKind> = WorkflowHandle<
  (input: OperationInput<Kind>) => Promise<Results[Kind]>
>

/** What a run is asked for, and what its hosts do. */
export interface Script<Kind extends OperationKind> extends StartOptions<Kind> {
  /** `aCluster()` by default. */
  readonly cluster?: Cluster
  /** Those of the run alone by default. */
  readonly hosts?: FakeHosts
  /** What hosts do otherwise than `hosts`. */
  readonly activities?: ScriptedActivities
}

/** What becomes of a run: what its hosts were asked for, and what the test made of it. */
export interface Ran<Outcome> {
  readonly journal: readonly string[]
  readonly outcome: Outcome
}

/** Talks to a run while its worker works, and gives what the test wants to know. */
export type Follow<Kind extends OperationKind, Outcome> = (
  run: Run<Kind>,
  journal: readonly string[],
) => Promise<Outcome>

export class TemporalScene {
  environment!: TestWorkflowEnvironment

  /** A scene for the tests of a file. */
  static forFile(): TemporalScene {
    const scene = new TemporalScene()
    beforeAll(async () => {
      scene.environment = await startTemporal()
    })
    afterAll(async () => {
      await scene.environment.teardown()
    })
    return scene
  }

  /** A worker of our workflows with these activities in place of the real ones. */
  worker(activities: ScriptedActivities) {
    return scriptedWorker(this.environment, activities)
  }

  /** Starts an operation under the id that the client would give it. Only a review waits for an approval. */
  start<Kind extends OperationKind>(
    kind: Kind,
    cluster: Cluster,
    options: StartOptions<Kind> = {},
  ): Promise<Run<Kind>> {
    return this.environment.client.workflow.start<(input: OperationInput<Kind>) => Promise<Results[Kind]>>(
      OPERATIONS[kind].workflow,
      {
        workflowId: operationWorkflowId(cluster.name),
        taskQueue: TASK_QUEUE,
        // A failed test leaves its run open, which must not make the next one fail.
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        args: [{ cluster, searchAttributes: false, review: false, ...options }],
      },
    )
  }

  /** Starts an operation on a worker of its own, which ends with `follow`. */
  async run<Kind extends OperationKind, Outcome>(
    kind: Kind,
    { cluster = aCluster(), hosts = fakeActivities(), activities = {}, review, request }: Script<Kind>,
    follow: Follow<Kind, Outcome>,
  ): Promise<Ran<Outcome>> {
    const worker = await this.worker({ ...hosts.activities, ...activities })
    const outcome = await worker.runUntil(async () =>
      follow(
        await this.start(kind, cluster, defined({ review, request }) as StartOptions<Kind>),
        hosts.journal,
      ),
    )
    return { journal: hosts.journal, outcome }
  }
}
