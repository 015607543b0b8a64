import { describe, expect, it } from 'vitest'
import { stepEtcd } from '../../../../src/activities/upgrade/etcd-members.js'
import { HOST_PATHS } from '../../../../src/cluster/host-paths.js'
import { hostContext } from '../../../../src/hosts/context.js'
import { PATIENCE } from '../../../../src/hosts/timeouts.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { scriptedSession, type Answers } from '../../../support/scripted-session.js'

const URL = 'https://192.0.2.11:2379'
const MANIFEST = 'spec:\n  containers:\n  - command:\n    - etcd\n    image: registry.k8s.io/etcd:3.6.8-0\n'

/** A control plane with one member, whose API server is ready only after some looks. */
function scene(looksUntilReady: number) {
  const host = aHost('cp1')
  let manifest = MANIFEST
  let looks = 0
  const version = () => (manifest === MANIFEST ? '3.6.8' : '3.6.11')
  const status = () => ({ header: { member_id: 1 }, leader: 1, version: version() })
  const answers: Answers = [
    ['member list', `1, started, cp1, https://192.0.2.11:2380, ${URL}, false\n`],
    ['endpoint status', () => JSON.stringify([{ Endpoint: URL, Status: status() }])],
    ['endpoint health', JSON.stringify([{ endpoint: URL, health: true }])],
    [
      'GET /readyz',
      () => {
        looks += 1
        return looks > looksUntilReady ? 'ok' : 500
      },
    ],
  ]
  const session = scriptedSession(host, answers, 'absent')
  const onHost = {
    ...session,
    readFile: (path: string) =>
      path === HOST_PATHS.etcdManifest ? Promise.resolve(Buffer.from(manifest)) : session.readFile(path),
    writeFile: (_: string, content: string | Buffer) => {
      manifest = content.toString()
      return Promise.resolve(true)
    },
  }
  const context = hostContext({
    cluster: aCluster({ hosts: [host] }),
    host,
    session: onHost,
    sessions: { session: () => Promise.resolve(onHost), close: () => Promise.resolve() },
    operation: 'test',
    signal: new AbortController().signal,
    isCancelled: () => false,
    patience: PATIENCE,
    report: () => undefined,
  })
  return { context, manifest: () => manifest, looks: () => looks }
}

describe('a step of etcd to a version between', () => {
  it('changes nothing of the manifest but the tag of the image', async () => {
    const { context, manifest } = scene(0)
    await expect(stepEtcd(context, '3.6.11-0')).resolves.toEqual({ changed: true, summary: 'etcd 3.6.11-0' })
    expect(manifest()).toBe(MANIFEST.replace('3.6.8-0', '3.6.11-0'))
  })

  it('ends only when the API server beside the member is ready again: balancers send requests to it then', async () => {
    const { context, looks } = scene(1)
    await stepEtcd(context, '3.6.11-0')
    expect(looks()).toBe(2)
  })

  it('has nothing to do where the member runs the version', async () => {
    const { context } = scene(0)
    await stepEtcd(context, '3.6.11-0')
    await expect(stepEtcd(context, '3.6.11-0')).resolves.toMatchObject({ changed: false })
  })
})
