import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { expectEachUnitOnce, expectWholeCluster, journal, readyNodes } from '../support/expect-cluster.js'
import { BOOTSTRAP_UNITS } from '../support/bootstrap-units.js'
import { addressOf } from './support/changed-cluster-file.js'
import { expectNoSecretsLeft } from './support/left-secrets.js'

const fleet = new Fleet('e2e')

beforeAll(async () => {
  await fleet.up()
})
afterAll(async () => {
  await fleet.down()
})

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ]
}

/** GET as the administrator, to the load balancer's address, under the endpoint's name. */
async function getThrough(address: string, kubeconfig: Kubeconfig, path: string): Promise<string> {
  const { cluster } = kubeconfig.clusters[0]
  const { user } = kubeconfig.users[0]
  const server = new URL(cluster.server)
  const bytes = (data: string) => Buffer.from(data, 'base64')
  return new Promise((resolve, reject) => {
    const get = request({
      host: address,
      port: server.port,
      path,
      servername: server.hostname,
      ca: bytes(cluster['certificate-authority-data']),
      cert: bytes(user['client-certificate-data']),
      key: bytes(user['client-key-data']),
    })
    get.on('error', reject)
    get.on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve(body))
    })
    get.end()
  })
}

describe('a cluster from bare hosts', () => {
  let applied: Awaited<ReturnType<typeof fleet.apply>>

  it('is complete after one apply, with each step run once on each host', async () => {
    applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    await expectWholeCluster(fleet)
    await expectEachUnitOnce(fleet, BOOTSTRAP_UNITS)
  })

  it('is not changed by another apply, which says so within seconds', async () => {
    const before = await Promise.all(Object.keys(BOOTSTRAP_UNITS).map((host) => journal(fleet, host)))
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
    // Against the bootstrap on the same machine, however fast that is.
    expect(again.durationMs).toBeLessThan(applied.durationMs / 3)
    expect(await Promise.all(Object.keys(BOOTSTRAP_UNITS).map((host) => journal(fleet, host)))).toEqual(
      before,
    )
  })

  it('provides a kubeconfig that works from outside through the load balancer', async () => {
    const { stdout, exitCode, stderr } = await fleet.quorate('kubeconfig', 'e2e')
    expect(exitCode, stderr).toBe(0)
    const file = parse(readFileSync(fleet.clusterFile, 'utf8')) as {
      spec: { hosts: readonly { role: string; address: string }[] }
    }
    const balancer = file.spec.hosts.find(({ role }) => role === 'load-balancer')
    const nodes = await getThrough(balancer?.address ?? '', parse(stdout) as Kubeconfig, '/api/v1/nodes')
    expect((JSON.parse(nodes) as { items: unknown[] }).items).toHaveLength(5)
  })

  it('serves no empty cluster from a control plane whose etcd data are gone', async () => {
    const stop = 'systemctl stop kubelet; crictl stop $(crictl ps -q --name "^etcd$") >/dev/null;'
    await fleet.on('cp1', `${stop} mv /var/lib/etcd/member /root/member; systemctl start kubelet`)
    // Without its API server, a kubelet starts static pods only after a minute.
    const said =
      'grep -hs "cannot fetch cluster info" /var/log/pods/kube-system_etcd-cp1_*/etcd/*.log || true'
    await eventually(async () => (await fleet.on('cp1', said)) !== '', 'etcd has refused to start', 300_000)
    const server = `https://${addressOf(fleet, 'cp1')}:6443`
    const readiness = ['--server', server, '--request-timeout', '5s', 'get', '--raw', '/readyz']
    const isReady = () =>
      fleet.kubectl(...readiness).then(
        (answer) => answer.trim() === 'ok',
        () => false,
      )
    expect(await isReady()).toBe(false)
    await fleet.on(
      'cp1',
      'systemctl stop kubelet; rm -rf /var/lib/etcd/member; mv /root/member /var/lib/etcd/member',
    )
    await fleet.on('cp1', 'systemctl start kubelet')
    await eventually(isReady, 'it serves again', 300_000)
    await eventually(
      async () => (await readyNodes(fleet)).includes('cp1'),
      'its kubelet has reported again',
      120_000,
    )
    await expectWholeCluster(fleet)
  })

  it('leaves no secrets in the history, the logs or the unit files', async () => {
    await expectNoSecretsLeft(fleet)
  })
})
