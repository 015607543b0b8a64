import { describe, expect, it } from 'vitest'
import { emptyRegistry } from '../../../../src/hosts/etcd/kubernetes-data.js'
import { onHost } from '../../../../src/activities/frame/frame.js'
import type { Session, SessionPool } from '../../../../src/ssh/session.js'
import { activity } from '../../../support/activity.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { NOT_FOUND } from '../../../support/api-server.js'
import { accessFiles, reaching } from '../../../support/scripted-api.js'
import { scriptedSession } from '../../../support/scripted-session.js'
import { unconnected } from '../../../support/unconnected.js'

const ENDPOINT = 'https://192.0.2.91:2379'
const FILES = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
const cluster = aCluster({
  etcd: { topology: 'external', endpoints: [ENDPOINT], clientFiles: FILES },
})
const BEGUN = '/var/lib/quorate/init-begun'
const VOUCHED = '/var/lib/quorate/etcd-is-empty'

/** The etcd that somebody runs: its keys; or its refusal to tell; or it is away. */
interface TheirEtcd {
  readonly keys?: readonly string[]
  readonly refuses?: boolean
  readonly isAway?: boolean
}

/** A control plane that reaches that etcd, as etcd 3.6 answers to it; and what was asked and written. */
function controlPlane(
  { keys = [], refuses = false, isAway = false }: TheirEtcd,
  files: Readonly<Record<string, string>> = {},
) {
  const asked: string[] = []
  const written = new Map(Object.entries({ ...accessFiles(), ...files }))
  const answer = (body: string): string => {
    const { key, range_end, limit } = JSON.parse(body) as { key: string; range_end: string; limit: number }
    const [from, to] = [key, range_end].map((text) => Buffer.from(text, 'base64').toString())
    const found = keys.filter((one) => one >= (from ?? '') && one < (to ?? '')).slice(0, limit)
    const kvs = found.map((one) => ({ key: Buffer.from(one).toString('base64'), version: '1' }))
    return JSON.stringify({ header: { revision: '7' }, ...(found.length === 0 ? {} : { kvs, count: '9' }) })
  }
  const etcd = reaching(({ method, path, body }, { host }) => {
    asked.push(`${method} ${host} ${path}`)
    const isRange = `${method} ${host} ${path}` === `POST ${new URL(ENDPOINT).hostname} /v3/kv/range`
    return isRange && !refuses ? { body: answer(body) } : NOT_FOUND
  })
  const session: Session = {
    ...scriptedSession(aHost('cp1'), []),
    ...(isAway ? unconnected() : etcd),
    readFile: (path) => {
      const content = written.get(path)
      return Promise.resolve(content === undefined ? undefined : Buffer.from(content))
    },
    writeFile: (path, content) => {
      written.set(path, content.toString())
      return Promise.resolve(true)
    },
    removeFile: (path) => Promise.resolve(written.delete(path)),
  }
  const hosts: SessionPool = { session: () => Promise.resolve(session), close: () => Promise.resolve() }
  return {
    asked,
    written,
    look: (of = cluster) => activity(() => onHost(hosts, of, aHost('cp1'), emptyRegistry)),
  }
}

describe('an init on an etcd that somebody else runs', () => {
  it('begins if etcd is empty, and records which etcd that was', async () => {
    const { look, written } = controlPlane({ keys: ['/other/registry/x'] })
    await look()
    expect(written.get(BEGUN)).toBe(ENDPOINT)
  })

  it('never begins if etcd holds another cluster', async () => {
    const { look } = controlPlane({ keys: ['/registry/minions/other', '/registry/pods/x'] })
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS', nonRetryable: true })
  })

  it('never begins if its own name is a node of the other cluster', async () => {
    const { look } = controlPlane({ keys: ['/registry/minions/cp1'] })
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
  })

  it('continues over the remains of our own init and deletes nothing', async () => {
    const { look, asked } = controlPlane({ keys: ['/registry/minions/cp1'] }, { [BEGUN]: ENDPOINT })
    await look()
    expect(asked.filter((request) => !request.endsWith('/v3/kv/range'))).toEqual([])
  })

  it('ignores the mark of an init on another etcd', async () => {
    const elsewhere = { [BEGUN]: 'https://192.0.2.92:2379' }
    const { look } = controlPlane({ keys: ['/registry/minions/cp1'] }, elsewhere)
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
  })

  it('stops if etcd cannot be asked, until the operator vouches for it', async () => {
    await expect(controlPlane({ refuses: true }).look()).rejects.toMatchObject({
      type: 'ETCD_CONTENT_UNKNOWN',
      nonRetryable: true,
      details: [{ hint: expect.stringContaining(`touch ${VOUCHED}`) as string }],
    })
    await controlPlane({ refuses: true }, { [VOUCHED]: '' }).look()
  })

  it("trusts etcd more than the operator's word", async () => {
    const { look } = controlPlane({ keys: ['/registry/minions/other'] }, { [VOUCHED]: '' })
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
  })

  it('is retried if etcd is only unreachable', async () => {
    await expect(controlPlane({ isAway: true }).look()).rejects.toMatchObject({
      type: 'ETCD_UNREACHABLE',
      nonRetryable: false,
    })
  })

  it('checks the prefix where this cluster would keep its state', async () => {
    const apiServer = { extraArgs: { 'etcd-prefix': 'prod' } }
    const { kubernetes, ...rest } = cluster
    const kubeadm = { ...kubernetes.kubeadm, clusterConfiguration: { apiServer } }
    const shared = { ...rest, kubernetes: { ...kubernetes, kubeadm } }
    await controlPlane({ keys: ['/registry/minions/other'] }).look(shared)
    await expect(controlPlane({ keys: ['/prod/minions/x'] }).look(shared)).rejects.toMatchObject({
      type: 'CLUSTER_EXISTS',
    })
  })
})
