import { describe, expect, it } from 'vitest'
import { emptyRegistry } from '../../../../src/hosts/etcd/kubernetes-data.js'
import { onHost } from '../../../../src/activities/frame/frame.js'
import type { CommandResult, RunOptions, Session, SessionPool } from '../../../../src/ssh/session.js'
import { activity } from '../../../support/activity.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { unconnected } from '../../../support/unconnected.js'

const ENDPOINT = 'https://10.9.9.1:2379'
const FILES = { caFile: '/ca', certFile: '/cert', keyFile: '/key' }
const cluster = aCluster({
  etcd: { topology: 'external', endpoints: [ENDPOINT], clientFiles: FILES },
})
const BEGUN = '/var/lib/quorate/init-begun'
const VOUCHED = '/var/lib/quorate/etcd-is-empty'

/** What the etcd answers that somebody runs: its keys, or kubectl's word that it does not tell. */
interface TheirEtcd {
  readonly keys?: readonly string[]
  readonly refuses?: string
}

/** A control plane whose kubectl reaches that etcd, as etcd 3.6 answers to it; and what was asked and written. */
function controlPlane({ keys = [], refuses }: TheirEtcd, files: Readonly<Record<string, string>> = {}) {
  const asked: string[] = []
  const written = new Map(Object.entries(files))
  const answer = (stdin: string): string => {
    const { key, range_end, limit } = JSON.parse(stdin) as { key: string; range_end: string; limit: number }
    const [from, to] = [key, range_end].map((text) => Buffer.from(text, 'base64').toString())
    const found = keys.filter((one) => one >= (from ?? '') && one < (to ?? '')).slice(0, limit)
    const kvs = found.map((one) => ({ key: Buffer.from(one).toString('base64'), version: '1' }))
    return JSON.stringify({ header: { revision: '7' }, ...(found.length === 0 ? {} : { kvs, count: '9' }) })
  }
  const session: Session = {
    host: aHost('cp1'),
    ...unconnected(),
    run: ({ line }, { stdin = '' }: RunOptions = {}): Promise<CommandResult> => {
      asked.push(line)
      const isRange = line.includes(`--server ${ENDPOINT}`) && line.includes('create --raw /v3/kv/range -f -')
      const stdout = isRange && refuses === undefined ? answer(stdin.toString()) : ''
      const exitCode = isRange && refuses === undefined ? 0 : 1
      return Promise.resolve({ exitCode, stdout, stderr: refuses ?? '', stdoutBytes: Buffer.from(stdout) })
    },
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

const NOT_FOUND = 'Error from server (NotFound): the server could not find the requested resource'

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
    expect(asked.filter((line) => line.includes('delete'))).toEqual([])
  })

  it('ignores the mark of an init on another etcd', async () => {
    const elsewhere = { [BEGUN]: 'https://10.8.8.1:2379' }
    const { look } = controlPlane({ keys: ['/registry/minions/cp1'] }, elsewhere)
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
  })

  it('stops if etcd cannot be asked, until the operator vouches for it', async () => {
    await expect(controlPlane({ refuses: NOT_FOUND }).look()).rejects.toMatchObject({
      type: 'ETCD_CONTENT_UNKNOWN',
      nonRetryable: true,
      details: [{ hint: expect.stringContaining(`touch ${VOUCHED}`) as string }],
    })
    await controlPlane({ refuses: NOT_FOUND }, { [VOUCHED]: '' }).look()
  })

  it("trusts etcd more than the operator's word", async () => {
    const { look } = controlPlane({ keys: ['/registry/minions/other'] }, { [VOUCHED]: '' })
    await expect(look()).rejects.toMatchObject({ type: 'CLUSTER_EXISTS' })
  })

  it('is retried if etcd is only unreachable', async () => {
    const refuses = 'The connection to the server 10.9.9.1:2379 was refused - did you specify the right host?'
    await expect(controlPlane({ refuses }).look()).rejects.toMatchObject({
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
