/** The judge of end-to-end tests: the cluster itself, the hosts' files, and the journal of what ran on each host. */
import { expect } from 'vitest'
import { SHARED_CERTIFICATES } from '../../src/configuration/pki.js'
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

/** The names of the started etcd voters. Throws if there are learners or members that never started. */
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

/**
 * What ran on a host as a unit, e.g. `kubeadm-join.1 → 0`, in the order in which it began. A unit that was cut off
 * before it could leave an exit status is `→ nothing`.
 */
export async function journal(fleet: Fleet, host: string): Promise<readonly string[]> {
  const lines = (await fleet.on(host, 'cat /var/lib/quorate/journal 2>/dev/null || true')).trim().split('\n')
  const runs = new Map<string, string>()
  for (const line of lines) {
    const [, event, operation = '', step = '', ordinal = '', exit] = line.split(/\s+/)
    const run = `${operation} ${step}.${ordinal}`
    if (event === 'start') expect(runs.has(run), `${host}: ${run} began twice`).toBe(false)
    if (event !== undefined) runs.set(run, exit ?? 'nothing')
  }
  return [...runs].map(([run, exit]) => `${run.split(' ')[1] ?? ''} → ${exit}`)
}

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const WORKERS = ['w1', 'w2']
const STATIC_PODS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** Checks everything about a cluster of 3 control planes and 2 workers. */
export async function expectWholeCluster(fleet: Fleet): Promise<void> {
  expect(await readyNodes(fleet)).toEqual([...CONTROL_PLANES, ...WORKERS])
  expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
  const [ofFirst, ...ofOthers] = await Promise.all(CONTROL_PLANES.map((host) => sharedFiles(fleet, host)))
  for (const ofOther of ofOthers) expect(ofOther).toBe(ofFirst)
  expect(ofFirst).toMatch(/ca\.key 600 root:root/)
  await expectOwnCertificates(fleet)
  for (const host of CONTROL_PLANES) {
    expect(await runningContainers(fleet, host), host).toEqual(expect.arrayContaining(STATIC_PODS))
    expect(await manifests(fleet, host), host).toEqual(STATIC_PODS)
  }
  // Routes to the pods of a node that has just joined reach the other nodes a moment after it is Ready.
  for (const host of ['cp1', ...WORKERS]) {
    await expect
      .poll(() => dnsAnswers(fleet, host), { timeout: 30_000, message: `DNS at ${host}` })
      .toBe(true)
  }
}

/** Checks that certificates of one host are on no other, and that all hosts trust the same CA. */
async function expectOwnCertificates(fleet: Fleet): Promise<void> {
  const digests = async (host: string, paths: string) =>
    (await fleet.on(host, `cd /etc/kubernetes/pki && sha256sum ${paths} | cut -d' ' -f1`)).trim().split('\n')
  const own = 'apiserver.crt apiserver.key etcd/server.crt etcd/server.key etcd/peer.crt etcd/peer.key'
  const ofAll = (await Promise.all(CONTROL_PLANES.map((host) => digests(host, own)))).flat()
  expect(new Set(ofAll).size, 'a certificate of one control plane is on another').toBe(ofAll.length)
  const authorities = await Promise.all(
    [...CONTROL_PLANES, ...WORKERS].map((host) => digests(host, 'ca.crt')),
  )
  expect(new Set(authorities.flat()).size, 'hosts trust different CAs').toBe(1)
}

/** The names of the containers that run on a host, with repetitions. */
async function runningContainers(fleet: Fleet, host: string): Promise<readonly string[]> {
  const { containers } = JSON.parse(await fleet.on(host, 'crictl ps --state Running -o json')) as {
    containers: readonly { metadata: { name: string } }[]
  }
  return containers.map(({ metadata }) => metadata.name).sort()
}

async function manifests(fleet: Fleet, host: string): Promise<readonly string[]> {
  const files = await fleet.on(host, 'ls /etc/kubernetes/manifests')
  return files
    .trim()
    .split('\n')
    .map((file) => file.replace(/\.yaml$/, ''))
}

/** Queries CoreDNS at its service address over UDP, with nothing but what a host has. */
async function dnsAnswers(fleet: Fleet, host: string): Promise<boolean> {
  const program = `use IO::Socket::INET;
    my $socket = IO::Socket::INET->new(PeerAddr => "10.96.0.10", PeerPort => 53, Proto => "udp");
    $socket->send(pack("n6", 7, 256, 1, 0, 0, 0) . pack("(C/a*)*", qw(kubernetes default svc cluster local)) . pack("Cnn", 0, 1, 1));
    $SIG{ALRM} = sub { exit 0 }; alarm 5; $socket->recv(my $answer, 512);
    my ($id, $flags, $questions, $answers) = unpack("n4", $answer);
    print "answers" if $id == 7 && !($flags & 15) && $answers == 1;`
  return (await fleet.on(host, `perl -e '${program}'`)) === 'answers'
}

/** Checks that each unit ran once and succeeded on every host. */
export async function expectEachUnitOnce(
  fleet: Fleet,
  expected: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [host, units] of Object.entries(expected)) {
    const ran = await journal(fleet, host)
    expect(ran, `journal of ${host}`).toEqual(units.map((unit) => `${unit}.1 → 0`))
  }
}
