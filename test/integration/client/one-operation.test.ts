/** A cluster has one operation at a time, whichever two meet: the second operator learns what runs, since when, by whom. */
import { hostname } from 'node:os'
import type { WorkflowHandle } from '@temporalio/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startOperation } from '../../../src/client/start.js'
import type { Cluster } from '../../../src/cluster/model.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { QuorateError } from '../../../src/errors/index.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { StartOptions } from '../../../src/operations/input.js'
import type { RestoreRequest } from '../../../src/operations/restore/request.js'
import { HOLDING_KINDS, OPERATION_KINDS, type OperationKind } from '../../../src/operations/registry.js'
import { defined } from '../../../src/values/defined.js'
import { withArticle } from '../../../src/values/words.js'
import { aCluster } from '../../support/clusters.js'
import { failing, fakeActivities, hopeless, type FakeHosts } from '../../support/fake-activities.js'
import { ReplacedHost } from '../../support/replaced-host.js'
import { joinedFacts } from '../../support/standings.js'
import { decide, untilState } from '../../support/conversation.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene } from '../../support/temporal-scene.js'
import type { ScriptedActivities } from '../../support/temporal.js'

const temporal = TemporalScene.forFile()
afterEach(() => {
  vi.unstubAllEnvs()
})

const LOOKING_KINDS = OPERATION_KINDS.filter((kind) => !HOLDING_KINDS.includes(kind))

let clusters = 0
function nextCluster(): Cluster {
  clusters += 1
  return { ...aCluster(), name: `held-${clusters}` }
}

/** Starts an operation as this person. */
function startAs(user: string, kind: OperationKind, cluster: Cluster, more: StartOptions = {}) {
  vi.stubEnv('USER', user)
  return startOperation(temporal.environment.client, kind, cluster, more)
}

/** Expects the second operator to be refused by the first one's operation, and that one to be untouched. */
async function expectRefused(second: OperationKind, first: OperationKind, cluster: Cluster): Promise<void> {
  const handle = temporal.environment.client.workflow.getHandle(`cluster/${cluster.name}`)
  const { runId, startTime } = await handle.describe()
  const refusal = await startAs('second', second, cluster).then(
    () => expect.fail(`${withArticle(second)} was started beside ${withArticle(first)}`),
    (error: unknown) => error as QuorateError,
  )
  expect(refusal.code).toBe('OPERATION_RUNNING')
  expect(refusal.message).toContain(
    `${withArticle(first)} of ${cluster.name} has been running since ${startTime.toISOString()}, started by first@${hostname()}`,
  )
  expect(await handle.describe()).toMatchObject({ runId, status: { name: 'RUNNING' } })
}

const NEWEST_SNAPSHOT: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
}

type Fakes = FakeHosts['activities']

/** Facts of hosts that no cluster has claimed. */
const unclaimed = (facts: readonly HostFacts[]): readonly HostFacts[] =>
  facts.map((one) => defined({ ...one, claimedBy: undefined }))

/** An operation on a running cluster that is parked. */
interface Parked {
  readonly what: string
  readonly first: OperationKind
  readonly request?: object
  /** Activities that make it park, and what makes a retry go on; by itself it does. */
  readonly scene: (
    cluster: Cluster,
    fakes: Fakes,
  ) => { readonly activities: ScriptedActivities; readonly fix?: () => void }
}

const PARKED: readonly Parked[] = [
  {
    what: 'an upgrade',
    first: 'upgrade',
    request: { to: 'v1.37.2' },
    scene: (cluster, { upgradeControlPlane }) => ({
      activities: { ...finishedCluster(cluster), upgradeControlPlane: failing(upgradeControlPlane, 'cp2') },
    }),
  },
  {
    what: 'an apply that claims the hosts of an adopted cluster',
    first: 'apply',
    scene: (cluster, { prepareHost }) => ({
      activities: {
        ...finishedCluster(cluster, {
          facts: unclaimed(joinedFacts(cluster)),
        }),
        prepareHost: failing(prepareHost, 'cp2'),
      },
    }),
  },
  {
    what: 'a replacement whose new machine is awaited',
    first: 'replace',
    request: { host: 'cp2', isDead: false, inPlace: false, drain: DRAIN_DEFAULTS },
    scene: (cluster, fakes) => {
      const host = new ReplacedHost('cp2', 'alive', cluster)
      return { activities: host.hosts(fakes), fix: () => host.reinstall() }
    },
  },
]

describe('a second operator is refused, with what runs, since when and by whom', () => {
  it.each(HOLDING_KINDS)('whatever they start while %s looks at the hosts', async (first) => {
    const cluster = nextCluster()
    let finish: () => void = () => undefined
    const looking = new Promise<void>((resolve) => (finish = resolve))
    const gatherFacts = async () => {
      await looking
      throw hopeless('SSH_UNREACHABLE', 'the test is over', 'cp1')
    }
    const worker = await temporal.worker({ ...fakeActivities().activities, gatherFacts })
    await worker.runUntil(async () => {
      const { runId, workflowId } = await startAs('first', first, cluster, requestThatLooks(first, cluster))
      const handle = temporal.environment.client.workflow.getHandle(workflowId, runId)
      try {
        await expect.poll(() => pendingActivities(handle), { timeout: 20_000 }).toBeGreaterThan(0)
        for (const second of HOLDING_KINDS) await expectRefused(second, first, cluster)
        // What only looks is nobody's concern.
        const beside = await Promise.all(LOOKING_KINDS.map((kind) => startAs('second', kind, cluster)))
        expect(new Set(beside.map((look) => look.workflowId)).size).toBe(LOOKING_KINDS.length)
      } finally {
        finish()
      }
      await handle.result().catch(() => undefined)
    })
  })

  // The second operator's file may be an older one: it is refused before anybody reads it.
  it.each(PARKED)(
    'whatever they start amid $what; it goes on after a retry',
    async ({ first, request, scene }) => {
      const cluster = nextCluster()
      const fakes = fakeActivities().activities
      const { activities, fix } = scene(cluster, fakes)
      const worker = await temporal.worker({ ...fakes, ...activities })
      await worker.runUntil(async () => {
        const { runId, workflowId } = await startAs('first', first, cluster, {
          ...defined({ request }),
          review: false,
        })
        const handle = temporal.environment.client.workflow.getHandle(workflowId, runId)
        const { blocked } = await untilState(handle, 'blocked')
        expect(blocked).toHaveLength(1)
        for (const second of HOLDING_KINDS) await expectRefused(second, first, cluster)
        fix?.()
        await decide(handle, 'retryStep')
        await expect(handle.result()).resolves.toMatchObject({ changed: true })
      })
    },
  )
})

/** What must be confirmed ends before it looks at any host, unless it is. */
function requestThatLooks(kind: OperationKind, { name }: Cluster): StartOptions {
  if (kind === 'restore') return { request: { ...NEWEST_SNAPSHOT, confirmed: name } }
  if (kind === 'rebuild') return { request: { archive: '/a.tar.age', identity: '/a.txt', confirmed: name } }
  return {}
}

async function pendingActivities(handle: WorkflowHandle): Promise<number> {
  const { raw } = await handle.describe()
  return raw.pendingActivities?.length ?? 0
}
