/** The judge of end-to-end tests: the cluster itself, the hosts' files, and the journal of what ran on each host. */
import { expect } from 'vitest'
import { SHARED_CERTIFICATES } from '../../src/cluster/certificates.js'
import type { Fleet } from './fleet.js'

interface Node {
  readonly metadata: { readonly name: string }
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] }
}

/** Names of the nodes that are Ready. */
export async function readyNodes(fleet: Fleet): Promise<readonly string[]> {
  const { items } = JSON.parse(await fleet.kubectl('get', 'nodes', '-o', 'json')) as {
    items: readonly Node[]
  }
  const isReady = (node: Node) =>
    node.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  return items
    .filter(isReady)
    .map((node) => node.metadata.name)
    .sort()
}

/** Names of etcd's started voters; learners and members that never started make it fail. */
export async function etcdVoters(fleet: Fleet): Promise<readonly string[]> {
  const list = await fleet.on(
    'cp1',
    'crictl exec $(crictl ps --name ^etcd$ -q) etcdctl --endpoints https://127.0.0.1:2379' +
      ' --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt' +
      ' --key /etc/kubernetes/pki/etcd/healthcheck-client.key member list -w simple',
  )
  const members = list.trim().split('\n')
  for (const member of members) expect(member).toMatch(/, started, .*, false$/)
  return members.map((member) => member.split(', ')[2] ?? '').sort()
}

/** Digest, mode and owner of each shared certificate and key of a control plane. */
export async function sharedFiles(fleet: Fleet, host: string): Promise<string> {
  const paths = SHARED_CERTIFICATES.stacked.map(({ path }) => path).join(' ')
  return fleet.on(host, `sha256sum ${paths}; stat -c '%n %a %U:%G' ${paths}`)
}

/** What ran on a host as a unit, e.g. `kubeadm-join.1 → 0`, in the order in which it ended. */
export async function journal(fleet: Fleet, host: string): Promise<readonly string[]> {
  const lines = (await fleet.on(host, 'cat /var/lib/quorate/journal 2>/dev/null || true')).trim().split('\n')
  return lines.flatMap((line) => {
    const [, event, , step, ordinal, exit] = line.split(/\s+/)
    return event === 'end' ? [`${step ?? ''}.${ordinal ?? ''} → ${exit ?? ''}`] : []
  })
}

/** Everything that a cluster of 3 control planes and 2 workers must be. */
export async function expectWholeCluster(fleet: Fleet): Promise<void> {
  expect(await readyNodes(fleet)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2'])
  expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2', 'cp3'])
  const [ofFirst, ...ofOthers] = await Promise.all(
    ['cp1', 'cp2', 'cp3'].map((host) => sharedFiles(fleet, host)),
  )
  for (const ofOther of ofOthers) expect(ofOther).toBe(ofFirst)
  expect(ofFirst).toMatch(/ca\.key 600 root:root/)
}

/** Each unit ran once and ended well, on every host. */
export async function expectEachUnitOnce(
  fleet: Fleet,
  expected: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [host, units] of Object.entries(expected)) {
    const ran = await journal(fleet, host)
    expect(ran, `journal of ${host}`).toEqual(units.map((unit) => `${unit}.1 → 0`))
  }
}
