/** The keys that are gone when nobody is logged in, with a real ssh-agent. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { agentOnlyKeys } from '../../../src/client/embedded-engine/agent-keys.js'
import { eventually } from '../../support/eventually.js'

let folder: string
let socket: string
let agent: ChildProcess
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
  socket = join(folder, 'agent.sock')
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  await eventually(() => existsSync(socket), 'the agent listens')
})
afterEach(() => {
  agent.kill()
  rmSync(folder, { recursive: true, force: true })
})

function makeKey(path: string, comment: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path])
  execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
}

it('only keys count that no file holds without a passphrase', async () => {
  const ssh = join(folder, '.ssh')
  mkdirSync(ssh)
  makeKey(join(ssh, 'plain'), 'in a file')
  makeKey(join(ssh, 'locked'), 'behind a passphrase')
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', join(ssh, 'locked')])
  makeKey(join(folder, 'elsewhere'), 'on a token')
  expect((await agentOnlyKeys(socket, ssh)).toSorted()).toEqual(['behind a passphrase', 'on a token'])
  expect(await agentOnlyKeys(join(folder, 'gone'), ssh)).toEqual([])
  expect(await agentOnlyKeys(undefined, ssh)).toEqual([])
})
