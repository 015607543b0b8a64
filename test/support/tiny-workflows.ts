/**
 * An apply with one step on each host, run by the real engine: enough to be watched and decided upon. Hosts that do not
 * answer end it; a host whose step fails for good is parked.
 */
import { condition, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow'
import type { Host } from '../../src/cluster/model.js'
import { APPLY_PHASES } from '../../src/operations/apply-phases.js'
import { MESSAGES } from '../../src/operations/messages.js'
import type { StepOutcome } from '../../src/operations/steps.js'
import { defineOperation } from '../../src/workflows/run/define-operation.js'
import { failWith } from '../../src/workflows/run/failure.js'
import type { TinyActivities } from './tiny-activities.js'

/** Not among the steps that a client sees run, because tests wait for those of {@link workOn}. */
const { look } = proxyLocalActivities<TinyActivities>({ startToCloseTimeout: '1m' })

async function workOn({ name }: Host): Promise<StepOutcome> {
  const { work } = proxyActivities<TinyActivities>({
    startToCloseTimeout: '1m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '200ms', maximumAttempts: 20 },
    activityId: `${name}: work`,
  })
  await work(name)
  return { changed: true, summary: '' }
}

/** Works on every host at once; with an external load balancer it waits for the signal first. */
export const applyCluster = defineOperation('apply', async (run, { cluster, review }) => {
  let isReady = false
  setHandler(MESSAGES.loadBalancerReady, () => void (isReady = true))
  const { failures } = await run.attempt('facts', cluster.hosts, ({ name }) => look(name))
  if (failures.length > 0) throw failWith(failures)
  const { title } = APPLY_PHASES['prepare-hosts']
  const changes = cluster.hosts.map(({ name }) => ({ host: name, phase: title, action: `work on ${name}` }))
  if (review === true) await run.approve(changes)
  const tested = cluster.loadBalancer.type === 'external' ? cluster.hosts : []
  const healthy = run.phase('load-balancer-health', tested, () => condition(() => isReady))
  const worked = run.phase('prepare-hosts', cluster.hosts, workOn, {
    after: () => [healthy.all()],
    notSkippable: ({ name }) => (name === 'cp1' ? 'without it there is no cluster' : undefined),
  })
  await worked.all()
  const { changed, skipped } = run
  const { version } = cluster.kubernetes
  return { kubernetesVersion: version, changed, nodes: [], etcdMembers: [], warnings: [], skipped }
})
