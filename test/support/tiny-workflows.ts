/** A workflow with the name, query and signal of an apply, and one step on each host: enough to be watched. */
import { condition, defineQuery, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'
import {
  MESSAGES,
  type ApplyResult,
  type HostProgress,
  type OperationInput,
  type OperationProgress,
} from '../../src/cluster/operation.js'
import type { TinyActivities } from './tiny-activities.js'

const { work } = proxyActivities<TinyActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', maximumAttempts: 20 },
})

/** Works on every host at once; with an external load balancer it waits for the signal first. */
export async function applyCluster({ cluster }: OperationInput): Promise<ApplyResult> {
  let ready = cluster.loadBalancer.type !== 'external'
  const hosts: { -readonly [K in keyof HostProgress]: HostProgress[K] }[] = cluster.hosts.map(({ name }) => ({
    host: name,
    state: 'pending',
  }))
  setHandler(defineSignal(MESSAGES.loadBalancerReady), () => {
    ready = true
  })
  setHandler(defineQuery<OperationProgress>(MESSAGES.progress), (): OperationProgress => ({
    cluster: cluster.name,
    operation: 'apply',
    kubernetesVersion: cluster.kubernetes.version,
    state: ready ? 'running' : 'waiting',
    phases: [{ title: 'Work', state: 'running', hosts }],
    warnings: [],
    blocked: [],
    ...(ready ? {} : { blockedOn: 'load balancer' }),
  }))
  await condition(() => ready)
  await Promise.all(
    hosts.map(async (entry) => {
      entry.state = 'running'
      await work(entry.host)
      entry.state = 'done'
    }),
  )
  return {
    kubernetesVersion: cluster.kubernetes.version,
    changed: true,
    nodes: [],
    etcdMembers: [],
    warnings: [],
    skipped: [],
  }
}
