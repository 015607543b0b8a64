import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { ApiClient } from '../support/api-client.js'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { holders, silenceOf, virtualAddressOf } from './support/virtual-address.js'

const fleet = new Fleet('shared')
const HOSTS = ['cp1', 'cp2']
const firstAlone = join(fleet.folder, 'first-alone.yaml')

interface ClusterFile {
  readonly spec: {
    hosts: readonly { readonly name: string }[]
    readonly loadBalancer: { hosts: readonly string[] }
  }
}

beforeAll(async () => {
  await fleet.up('--control-planes', '2', '--workers', '0', '--load-balancers', '0', '--virtual-address')
  const file = parse(readFileSync(fleet.clusterFile, 'utf8')) as ClusterFile
  file.spec.hosts = file.spec.hosts.filter(({ name }) => name === 'cp1')
  file.spec.loadBalancer.hosts = ['cp1']
  writeFileSync(firstAlone, stringify(file))
})
afterAll(async () => {
  await fleet.down()
})

const backends = async (host: string): Promise<readonly string[]> =>
  [...(await fleet.on(host, 'cat /etc/haproxy/haproxy.cfg')).matchAll(/^ +server (\S+)/gm)].map(
    ([, name]) => name ?? '',
  )

describe('control planes that run haproxy themselves', () => {
  it('serve the endpoint on a different port from their API servers', async () => {
    const applied = await fleet.quorate('apply', '-f', firstAlone)
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1'])
    expect(await fleet.on('cp1', 'grep -h server: /etc/kubernetes/admin.conf')).toContain(
      'api.shared.test:8443',
    )
    expect(await backends('cp1')).toEqual(['cp1'])
  })

  it('add another one without breaking a connection', async () => {
    const api = await ApiClient.of(fleet, virtualAddressOf(fleet))
    const watch = api.watch('/api/v1/namespaces?watch=1')
    await eventually(() => watch.received.includes('kube-system'), 'the watch begins')
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(HOSTS)
    expect(await etcdVoters(fleet)).toEqual(HOSTS)
    for (const host of HOSTS) expect(await backends(host), host).toEqual(HOSTS)
    await fleet.kubectl('create', 'namespace', 'after-join')
    await eventually(() => watch.received.includes('after-join'), 'the watch goes on')
    expect(watch.ended).toBeUndefined()
    watch.close()
  })

  it('pass the address on when haproxy fails, and still reach every API server', async () => {
    const api = await ApiClient.of(fleet, virtualAddressOf(fleet))
    const [active = ''] = await holders(fleet, HOSTS)
    expect(active).toBe('cp1')
    const begunAt = Date.now()
    await fleet.on(active, 'systemctl stop haproxy')
    const away = await silenceOf(api, begunAt)
    console.log(
      `haproxy on control planes: the API was away for ${away} ms after haproxy stopped on ${active}`,
    )
    expect(away).toBeLessThan(5_000)
    await eventually(async () => (await holders(fleet, HOSTS)).join() === 'cp2', 'the address moves')
  })
})
