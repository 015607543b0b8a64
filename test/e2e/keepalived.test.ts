import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../support/api-client.js'
import { Fleet } from '../support/fleet.js'
import { journal, readyNodes } from '../support/expect-cluster.js'
import { mustRun } from '../support/process.js'
import { eventually } from '../support/eventually.js'
import { holders, silenceOf, virtualAddressOf } from './support/virtual-address.js'

/** For how long the API may be away when the balancer that clients use dies. */
const AWAY_MS = 5_000

const fleet = new Fleet('keepalived')
const BALANCERS = ['lb1', 'lb2']

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '0', '--load-balancers', '2', '--virtual-address')
})
afterAll(async () => {
  await fleet.down()
})

async function holder(): Promise<string> {
  const [name, ...others] = await holders(fleet, BALANCERS)
  expect(others).toEqual([])
  expect(name).toBeDefined()
  return name ?? ''
}

describe('two load balancers that share an address', () => {
  it('serve a cluster that was built through that address', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1'])
    for (const host of BALANCERS) expect(await journal(fleet, host)).toEqual(['install-haproxy.1 → 0'])
    expect(await fleet.on('cp1', 'grep -h server: /etc/kubernetes/admin.conf')).toContain(
      'api.keepalived.test:6443',
    )
    expect(await holder()).toMatch(/^lb/)
  })

  it('are not changed by another apply', async () => {
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toMatch(/nothing to change/)
  })

  it('keep long connections when haproxy and keepalived reload their configuration', async () => {
    const api = await ApiClient.of(fleet, virtualAddressOf(fleet))
    const watch = api.watch('/api/v1/namespaces?watch=1')
    await eventually(() => watch.received.includes('kube-system'), 'the watch begins')
    await fleet.on(await holder(), 'systemctl reload haproxy keepalived')
    await fleet.kubectl('create', 'namespace', 'after-reload')
    await eventually(() => watch.received.includes('after-reload'), 'the watch goes on')
    expect(watch.ended).toBeUndefined()
    watch.close()
  })

  it('move the address when its holder dies, and leave it there when the holder returns', async () => {
    const api = await ApiClient.of(fleet, virtualAddressOf(fleet))
    const active = await holder()
    const other = BALANCERS.find((name) => name !== active) ?? ''
    const begunAt = Date.now()
    await mustRun('docker', ['kill', fleet.container(active)])
    const away = await silenceOf(api, begunAt)
    console.log(`keepalived: the API was away for ${away} ms after docker kill of ${active}`)
    expect(away).toBeLessThan(AWAY_MS)
    expect(await holders(fleet, [other])).toEqual([other])

    await mustRun('docker', ['start', fleet.container(active)])
    await eventually(
      async () =>
        (await fleet.on(active, 'systemctl is-active haproxy keepalived || true')) === 'active\nactive\n',
      'the balancer is back',
    )
    expect(await holder()).toBe(other)
  })

  it('move the address when haproxy fails on its holder', async () => {
    const api = await ApiClient.of(fleet, virtualAddressOf(fleet))
    const active = await holder()
    const begunAt = Date.now()
    await fleet.on(active, 'systemctl stop haproxy')
    const away = await silenceOf(api, begunAt)
    console.log(`keepalived: the API was away for ${away} ms after haproxy stopped on ${active}`)
    expect(away).toBeLessThan(AWAY_MS)
    await eventually(async () => (await holder()) !== active, 'the address moves')
    await fleet.on(active, 'systemctl start haproxy')
  })
})
