/** Snapshots of operations for the tests of what is shown. */
import type { OperationProgress, PhaseProgress } from '../../src/operations/progress.js'
import { TASK_QUEUE } from '../../src/operations/task-queue.js'
import type { OperationSnapshot } from '../../src/client/snapshot.js'

/** When the operation started; all times of the tests are relative to it. */
export const START = Date.UTC(2026, 0, 1, 12, 0, 0)

export function aProgress(
  phases: readonly PhaseProgress[],
  changes: Partial<OperationProgress> = {},
): OperationProgress {
  return {
    cluster: 'prod',
    operation: 'apply',
    kubernetesVersion: 'v1.36.3',
    state: 'running',
    phases,
    warnings: [],
    blocked: [],
    paused: false,
    ...changes,
  }
}

export function aSnapshot(changes: Partial<OperationSnapshot> = {}): OperationSnapshot {
  const apply: OperationSnapshot<'apply'> = {
    workflowId: 'cluster/prod',
    runId: 'run-1',
    kind: 'apply',
    cluster: 'prod',
    state: 'running',
    reach: 'worker',
    taskQueue: TASK_QUEUE,
    startedAt: START,
    steps: [],
  }
  return { ...apply, ...changes } as OperationSnapshot
}

/** An apply in the middle: facts done, control planes joining, workers beside them, the rest to come. */
export const MIDDLE = aSnapshot({
  progress: aProgress([
    {
      title: 'Facts',
      state: 'unchanged',
      startedAt: START,
      finishedAt: START + 1_100,
      hosts: [
        { host: 'cp1', state: 'unchanged' },
        { host: 'w1', state: 'unchanged' },
      ],
    },
    {
      title: 'First control plane',
      state: 'done',
      startedAt: START + 2_000,
      finishedAt: START + 13_800,
      hosts: [{ host: 'cp1', state: 'done', summary: 'kubeadm init v1.36.3' }],
    },
    {
      title: 'Control planes',
      state: 'running',
      startedAt: START + 14_000,
      hosts: [{ host: 'cp2', state: 'running', startedAt: START + 14_000 }],
    },
    {
      title: 'Workers',
      state: 'running',
      startedAt: START + 14_000,
      hosts: [
        { host: 'w1', state: 'done', summary: 'joined' },
        { host: 'w2', state: 'running', startedAt: START + 14_000 },
        { host: 'w3', state: 'running', startedAt: START + 14_000 },
      ],
    },
    { title: 'Verify', state: 'pending', hosts: [] },
  ]),
  steps: [
    {
      activity: 'joinControlPlane',
      host: 'cp2',
      line: '[etcd] Waiting for the new etcd member to join the cluster',
      attempt: 1,
    },
    { activity: 'joinWorker', host: 'w2', line: '[preflight] Running pre-flight checks', attempt: 1 },
    {
      activity: 'joinWorker',
      host: 'w3',
      attempt: 2,
      nextAttemptAt: START + 20_000,
      lastError: {
        code: 'SSH_UNREACHABLE',
        message: 'connection refused',
        hint: 'check',
        source: 'environment',
        host: 'w3',
      },
    },
  ],
})
