/** Hosts of which each keeps its state in a folder of its own, behind real sshds that any process can log in to. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../../src/cluster/model.js'
import { startSshd, type TestSshd } from './sshd.js'

/** One host; `/var/lib/quorate` is `state` within its folder, whoever asks. */
export interface HeldHost {
  readonly host: Host
  readonly state: string
  stop(): Promise<void>
}

// What a login runs is rewritten before a shell sees it.
const LOGIN = `exec sh -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | sed "s#/var/lib/quorate#$STATE#g")"`

/** Starts a host on which no unit runs. */
export async function startHeldHost(name: string, folder: string): Promise<HeldHost> {
  const state = join(folder, name)
  mkdirSync(state, { recursive: true })
  const programs = join(folder, 'programs')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'systemctl'), '#!/bin/sh\n', { mode: 0o755 })
  const login = join(folder, 'login')
  writeFileSync(login, LOGIN)
  const sshd: TestSshd = await startSshd({
    config: [`ForceCommand sh ${login}`],
    path: [programs],
    environment: { STATE: state },
  })
  return { host: sshd.host({}, name), state, stop: () => sshd.stop() }
}
