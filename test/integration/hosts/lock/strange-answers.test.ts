import { expect, it } from 'vitest'
import { holdHost } from '../../../../src/hosts/lock/lock.js'
import type { Session } from '../../../../src/ssh/session.js'
import { aCluster } from '../../../support/clusters.js'
import { localSession } from '../../../support/local-session.js'

const holder = { owner: 'ns/cluster/prod', operation: '01a20876-49e0', startedBy: 'alice@laptop' }
const cluster = { ...aCluster(), caHash: 'sha256:ca' }

/** A host that answers the lock's script with these texts, and counts how often it was asked. */
function answering(textOf: (time: number) => string): {
  readonly session: Session
  readonly asked: () => number
} {
  let times = 0
  const run: Session['run'] = () => {
    times += 1
    if (times > 100) return Promise.reject(new Error('asked without end'))
    const stdoutBytes = Buffer.from(textOf(times))
    return Promise.resolve({ exitCode: 0, stdout: stdoutBytes.toString(), stdoutBytes, stderr: '' })
  }
  return { session: { ...localSession(), run }, asked: () => times }
}

it.each([
  ['another certificate each time', (time: number) => `certificate\n${time}`],
  ['the same certificate each time', () => 'certificate\nnone'],
  ['something else', () => 'welcome\n'],
  ['nothing', () => ''],
])('a host that answers with %s is not locked, and not asked for ever', async (_, textOf) => {
  const { session, asked } = answering(textOf)
  await expect(holdHost(session, cluster, holder)).rejects.toMatchObject({ code: 'ANSWER_UNREADABLE' })
  expect(asked()).toBeLessThan(5)
})
