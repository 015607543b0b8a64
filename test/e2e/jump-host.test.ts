import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { Fleet } from '../support/fleet.js'
import { readyNodes } from '../support/expect-cluster.js'

const fleet = new Fleet('jump-host')
const HIDDEN = ['cp1', 'w1']

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '1')
  // Whatever these hosts answer this machine is lost, so that only the bastion, beside them, reaches them.
  const machine = addressOf(fleet, 'lb1').replace(/\d+$/, '1')
  for (const host of HIDDEN) await fleet.on(host, `ip route add blackhole ${machine}/32`)
})
afterAll(async () => {
  await fleet.down()
})

/** The hidden hosts behind the balancer's host as a bastion; without the keys of one host where it is named. */
function clusterFile(unknownHost?: string): string {
  const known = readFileSync(join(fleet.folder, 'known_hosts'), 'utf8').trim().split('\n')
  const without = unknownHost === undefined ? undefined : `${addressOf(fleet, unknownHost)},`
  const lines = known.filter((line) => without === undefined || !line.startsWith(without))
  writeFileSync(join(fleet.folder, 'known_hosts.jump'), `${lines.join('\n')}\n`)
  return changedClusterFile(fleet, 'jump.yaml', (spec) => {
    spec.ssh['knownHostsFile'] = './known_hosts.jump'
    spec.jumpHosts = [{ name: 'bastion', address: addressOf(fleet, 'lb1') }]
    for (const host of spec.hosts) if (HIDDEN.includes(host.name)) host.ssh = { proxyJump: 'bastion' }
  })
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 2_000 })
    const settle = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

describe('hosts behind a bastion', () => {
  it('cannot be reached without it', async () => {
    for (const host of HIDDEN) expect(await answers(addressOf(fleet, host)), host).toBe(false)
  })

  it.each(['lb1', 'cp1'])('get no login while the host key of %s is unknown', async (host) => {
    const { exitCode, stdout, stderr } = await fleet.quorate('plan', '-f', clusterFile(host))
    expect(exitCode, stdout + stderr).not.toBe(0)
    expect(stdout + stderr).toMatch(/SSH_HOST_KEY_UNKNOWN/)
  })

  it('become a cluster through it, and see logins from nowhere else', async () => {
    const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', clusterFile())
    expect(exitCode, stdout + stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1'])
    for (const host of HIDDEN) {
      const accepted = await fleet.on(host, "journalctl --unit=ssh | grep 'Accepted publickey for ops'")
      const sources = new Set(accepted.match(/(?<=from )\S+/g))
      expect([...sources], host).toEqual([addressOf(fleet, 'lb1')])
    }
  })
})
