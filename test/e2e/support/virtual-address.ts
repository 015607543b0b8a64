/** The virtual address of a fleet, seen from outside: which host has it, and for how long nothing answers. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../../support/api-client.js'
import type { Fleet } from '../../support/fleet.js'

/** The virtual address in the fleet's cluster file. */
export function virtualAddressOf(fleet: Fleet): string {
  const address = /virtualAddress: (\S+)/.exec(readFileSync(fleet.clusterFile, 'utf8'))?.[1]
  if (address === undefined) throw new Error('the fleet has no virtual address')
  return address
}

/** The hosts that have the address. */
export async function holders(fleet: Fleet, hosts: readonly string[]): Promise<readonly string[]> {
  const address = virtualAddressOf(fleet)
  const lines = await Promise.all(hosts.map((host) => fleet.on(host, `ip -o addr show to ${address}`)))
  return hosts.filter((_, index) => lines[index] !== '')
}

/** Polls the API until it answers, and returns for how many milliseconds it did not. */
export async function silenceOf(api: ApiClient, begunAt: number, patienceMs = 60_000): Promise<number> {
  for (;;) {
    try {
      if ((await api.get('/readyz', 500)) === 200) return Date.now() - begunAt
    } catch (error) {
      if (Date.now() - begunAt > patienceMs) throw error
    }
    await delay(50)
  }
}
