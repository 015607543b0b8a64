/** A cluster file or ssh configuration of somebody else's says where the key of their host is learnt, and as whose. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostSsh } from '../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

/** The attacker's host, whose private key the attacker has, and the operator's own machine. */
let theirs: TestSshd
let ours: TestSshd
let pool: SessionPool
let authorizedKeys: string
let allowed: string

beforeAll(async () => {
  ;[theirs, ours] = await Promise.all([startSshd(), startSshd()])
  authorizedKeys = join(ours.folder, 'authorized_keys')
  allowed = readFileSync(authorizedKeys, 'utf8')
})
afterAll(() => Promise.all([theirs.stop(), ours.stop()]))
beforeEach(() => {
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
})
afterEach(() => pool.close())

const learning = { hostKeyChecking: 'accept-new', systemKnownHostsFiles: [] } as const

function visit(ssh: Partial<HostSsh>): Promise<unknown> {
  return pool.session(theirs.host({ ...learning, ...ssh }))
}

/** What the attacker does afterwards: logs in to the operator's machine with the key of their host. */
async function logInWithHostKey(): Promise<string> {
  const host = ours.host({ identityFiles: [join(theirs.folder, 'host_ed25519')] }, 'ours')
  const session = await pool.session(host)
  return (await session.run(command('id', '-u'))).stdout
}

describe('a host key recorded in authorized_keys', () => {
  it('admits nobody, because files of another kind are left alone', async () => {
    writeFileSync(authorizedKeys, allowed)
    const visited = visit({ knownHostsFile: authorizedKeys, hostKeyAlias: 'restrict' })
    await expect(visited).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
      message: expect.stringContaining('it is not a known_hosts file') as string,
    })
    expect(readFileSync(authorizedKeys, 'utf8')).toBe(allowed)
  })

  it('admits nobody, because in a new file the host name is not a key option', async () => {
    rmSync(authorizedKeys)
    await visit({ knownHostsFile: authorizedKeys, hostKeyAlias: 'restrict' })
    expect(existsSync(authorizedKeys)).toBe(true)
    await expect(logInWithHostKey()).rejects.toMatchObject({ code: 'SSH_AUTHENTICATION_FAILED' })
  })
})

describe('a host key recorded for the name', () => {
  it.each(['*', '*.*', '127.0.0.1,[127.0.0.1]:PORT', '[127.0.0.1]:*'])(
    '%s is valid for no other host',
    async (alias) => {
      const knownHostsFile = join(theirs.folder, `known_hosts-${alias.length}`)
      const hostKeyAlias = alias.replace('PORT', String(theirs.port))
      await visit({ knownHostsFile, hostKeyAlias })
      const other = pool.session(
        theirs.host({ knownHostsFile, hostKeyChecking: 'strict', systemKnownHostsFiles: [] }, 'other'),
      )
      await expect(other).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
    },
  )
})
