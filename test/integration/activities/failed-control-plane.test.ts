import { describe, expect, it } from 'vitest'
import { abandonJoin, settleJoin } from '../../../src/activities/abandon-join.js'
import { joinControlPlane } from '../../../src/activities/join.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { QuorateError } from '../../../src/errors/index.js'
import type { SessionPool } from '../../../src/ssh/session.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedSession, type Answer, type Answers } from '../../support/scripted-session.js'

const CP3 = aHost('cp3')

/** A line of `etcdctl member list`; the id is the name. */
function member(name: string, state: 'voter' | 'learner'): string {
  const { internalAddress } = aHost(name)
  const isLearner = String(state === 'learner')
  return `${name}, started, ${name}, https://${internalAddress}:2380, https://${internalAddress}:2379, ${isLearner}`
}

/** An etcd with these members, of which some are healthy, and notes on what is changed. */
function etcd(members: readonly string[], healthy: readonly string[]) {
  const changes: string[] = []
  const note = (change: string) => (): Answer => {
    changes.push(change)
    return ''
  }
  const health = healthy.map((name) => ({
    endpoint: `https://${aHost(name).internalAddress}:2379`,
    health: true,
  }))
  const answers: Answers = [
    ['member list', () => (changes.includes('cp3 out') ? members.slice(0, -1) : members).join('\n')],
    ['endpoint health', JSON.stringify(health)],
    ['member remove cp3', note('cp3 out')],
    ['DELETE /api/v1/nodes/cp3', note('node cp3 deleted')],
    [
      'GET /api/v1/nodes/cp3',
      JSON.stringify({
        metadata: { name: 'cp3' },
        status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [] },
      }),
    ],
  ]
  return { changes, answers }
}

/** A step on cp1; cp3 is out of reach unless it answers. */
function onFirst<Result>(
  answers: Answers,
  act: (context: HostContext) => Promise<Result>,
  cp3?: 'ended' | 'running',
) {
  const sessions: SessionPool = {
    session: (host) => {
      if (host.name !== 'cp3') return Promise.resolve(scriptedSession(host, answers))
      if (cp3 === 'ended') return Promise.resolve(scriptedSession(host, [], 'ended'))
      return Promise.reject(new QuorateError('SSH_UNREACHABLE', 'no answer', { host: 'cp3' }))
    },
    close: () => Promise.resolve(),
  }
  const patience = { components: 1, etcd: 1, node: 1, runtime: 1 }
  return activity(() =>
    onHost(sessions, aCluster(), aHost('cp1'), (context) => act({ ...context, patience })),
  )
}

const VOTERS = ['cp1', 'cp2', 'cp3'].map((name) => member(name, 'voter'))
const LEARNER = [member('cp1', 'voter'), member('cp3', 'learner')]

describe('a control plane whose join failed', () => {
  it('loses its learner before it is parked, so that other joins do not wait for it', async () => {
    const { changes, answers } = etcd(LEARNER, ['cp1'])
    expect(await onFirst(answers, (context) => settleJoin(context, CP3), 'ended')).toEqual({})
    expect(changes).toEqual(['cp3 out'])
  })

  it('keeps its learner while the host cannot be reached, since its join may still go on there', async () => {
    const { changes, answers } = etcd(LEARNER, ['cp1'])
    await onFirst(answers, (context) => settleJoin(context, CP3))
    expect(changes).toEqual([])
  })

  it('can be skipped if its member votes and quorum allows it, with the consequences', async () => {
    const { changes, answers } = etcd(VOTERS, ['cp1', 'cp2'])
    expect(await onFirst(answers, (context) => settleJoin(context, CP3))).toEqual({
      onSkip:
        'removes its etcd member, which votes already (2 of the 2 voters left are healthy, 2 are needed), and deletes its node',
    })
    expect(changes).toEqual([])
  })

  it('cannot be skipped if its member votes and quorum would be lost, with the numbers and a remedy', async () => {
    const { answers } = etcd(VOTERS, ['cp1'])
    const { notSkippable } = await onFirst(answers, (context) => settleJoin(context, CP3))
    expect(notSkippable).toContain('etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: cp2')
    expect(notSkippable).toContain('bring those members or cp3 back, and retry')
  })
})

describe('skipping a voting control plane', () => {
  it('removes its member and deletes its node if the operator was shown that', async () => {
    const { changes, answers } = etcd(VOTERS, ['cp1', 'cp2'])
    const outcome = await onFirst(answers, (context) => abandonJoin(context, CP3, 'shown'))
    expect(outcome.changed).toBe(true)
    expect(changes).toEqual(['cp3 out', 'node cp3 deleted'])
  })

  it('is refused if the consequences were not shown', async () => {
    const { changes, answers } = etcd(VOTERS, ['cp1', 'cp2'])
    await expect(onFirst(answers, (context) => abandonJoin(context, CP3))).rejects.toMatchObject({
      type: 'STEP_NOT_SKIPPABLE',
    })
    expect(changes).toEqual([])
  })

  it('is refused with the numbers if it would cost quorum', async () => {
    const { changes, answers } = etcd(VOTERS, ['cp1'])
    await expect(onFirst(answers, (context) => abandonJoin(context, CP3, 'shown'))).rejects.toMatchObject({
      type: 'ETCD_QUORUM_AT_RISK',
      message: expect.stringContaining('1 healthy of 2 voters, 2 are needed') as string,
    })
    expect(changes).toEqual([])
  })
})

describe('a skipped control plane that joins late', () => {
  it('loses its member before the next one joins', async () => {
    const { changes, answers } = etcd([member('cp1', 'voter'), member('cp3', 'learner')], ['cp1'])
    const sessions: SessionPool = {
      session: (host) => Promise.resolve(scriptedSession(host, answers, 'absent')),
      close: () => Promise.resolve(),
    }
    const patience = { components: 1, etcd: 1, node: 1, runtime: 1 }
    const joined = activity(() =>
      onHost(sessions, aCluster(), aHost('cp2'), (context) =>
        joinControlPlane({ ...context, patience }, aHost('cp1'), [CP3]),
      ),
    )
    // The stand-ins have no certificates to copy: the join itself comes later.
    await joined.catch(() => undefined)
    expect(changes).toEqual(['cp3 out'])
  })
})
