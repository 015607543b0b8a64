/** Reaching hosts through jump hosts, with real servers: every key is checked, connections are shared. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Host } from '../../../../src/cluster/model.js'
import type { HostSsh, JumpHost } from '../../../../src/cluster/ssh-login.js'
import { command, createSessionPool, script, type SessionPool } from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

let bastion: TestSshd
let second: TestSshd
let target: TestSshd
let pool: SessionPool | undefined

beforeAll(async () => {
  ;[bastion, second, target] = await Promise.all([startSshd(), startSshd(), startSshd()])
})
afterAll(() => Promise.all([bastion, second, target].map((sshd) => sshd.stop())))
afterEach(() => pool?.close())

function jump(sshd: TestSshd, name: string, ssh: Partial<HostSsh> = {}): JumpHost {
  const host = sshd.host(ssh, name)
  return { name, address: host.address, ssh: host.ssh }
}

function behind(jumps: readonly JumpHost[], ssh: Partial<HostSsh> = {}, name = 'cp1'): Host {
  return target.host({ ...ssh, proxyJump: jumps }, name)
}

async function hello(host: Host): Promise<string> {
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
  const session = await pool.session(host)
  return (await session.run(command('printenv', 'SSH_CONNECTION'))).stdout
}

const logins = (sshd: TestSshd) => sshd.log().match(/Accepted publickey/g)?.length ?? 0

describe('a host behind one jump host', () => {
  it('is reached through a connection that the jump host opens', async () => {
    const before = logins(bastion)
    expect(await hello(behind([jump(bastion, 'bastion')]))).toMatch(`127.0.0.1 ${target.port}`)
    expect(logins(bastion)).toBe(before + 1)
  })

  it('shares the connection to the jump host with every other host behind it', async () => {
    const before = logins(bastion)
    pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    // A pin of its own makes each of them a connection of its own to the target.
    const hosts = Array.from({ length: 12 }, (_, index) =>
      behind([jump(bastion, 'bastion')], { otherKnownHostsFiles: [`/none/${index}`] }, `w${index}`),
    )
    const ran = await Promise.all(
      hosts.map(async (host) => (await (await pool?.session(host))?.run(command('true')))?.exitCode),
    )
    expect(ran).toEqual(hosts.map(() => 0))
    expect(logins(bastion)).toBe(before + 1)
  })

  it('is disconnected when the jump host is no longer trusted', async () => {
    const knownHostsFile = join(bastion.folder, 'known_hosts_of_the_way')
    writeFileSync(knownHostsFile, `[127.0.0.1]:${bastion.port} ${await bastion.hostKey('ed25519')}\n`)
    pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    const host = behind([jump(bastion, 'bastion', { knownHostsFile })])
    expect((await (await pool.session(host)).run(command('true'))).exitCode).toBe(0)
    writeFileSync(knownHostsFile, '')
    await expect(pool.session(host)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringContaining('on the way to cp1') as string,
    })
  })

  it('passes commands, input and output through unchanged and quickly', async () => {
    pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    const session = await pool.session(behind([jump(bastion, 'bastion')]))
    const stdin = Buffer.alloc(3_000_000, 'abc')
    expect((await session.run(script('wc -c'), { stdin })).stdout.trim()).toBe('3000000')
    const times: number[] = []
    for (let index = 0; index < 40; index += 1) {
      const begin = performance.now()
      await session.run(command('echo', 'hello'))
      times.push(performance.now() - begin)
    }
    // With Nagle's algorithm anywhere on the way each of them would take 40 ms more. The fastest ones: a busy machine
    // must not fail this.
    expect(times.sort((one, other) => one - other)[2]).toBeLessThan(40)
  })
})

it('two jump hosts are passed one after the other', async () => {
  const before = [logins(bastion), logins(second)]
  expect(await hello(behind([jump(bastion, 'bastion'), jump(second, 'inner')]))).toMatch(`${target.port}`)
  expect([logins(bastion), logins(second)]).toEqual(before.map((count) => count + 1))
})

describe('host keys along the path:', () => {
  const nobody = '/nonexistent/known_hosts'

  it('an unknown jump host stops the connection', async () => {
    const host = behind([jump(bastion, 'bastion', { knownHostsFile: nobody })])
    await expect(hello(host)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringMatching(
        /^on the way to cp1: bastion \(\[127\.0\.0\.1\]:\d+\) shows the key/,
      ) as string,
      context: { host: 'cp1' },
    })
  })

  it('a second jump host is checked like the first', async () => {
    const host = behind([jump(bastion, 'bastion'), jump(second, 'inner', { knownHostsFile: nobody })])
    await expect(hello(host)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringContaining('on the way to cp1: inner') as string,
    })
  })

  it('the host itself is checked behind a jump host', async () => {
    const host = behind([jump(bastion, 'bastion')], { knownHostsFile: nobody })
    await expect(hello(host)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      context: { host: 'cp1' },
    })
  })

  it('a jump host with a changed key is rejected, even if new keys are accepted', async () => {
    const file = join(bastion.folder, 'others_key')
    writeFileSync(file, `[127.0.0.1]:${bastion.port} ${await target.hostKey('ed25519')}\n`)
    const host = behind([jump(bastion, 'bastion', { knownHostsFile: file, hostKeyChecking: 'accept-new' })])
    await expect(hello(host)).rejects.toMatchObject({ code: 'SSH_HOST_KEY_CHANGED' })
  })

  it('an alias replaces address and port', async () => {
    const file = join(target.folder, 'by_alias')
    writeFileSync(file, `cp1.internal ${await target.hostKey('ed25519')}\n`)
    const ssh = { knownHostsFile: file, hostKeyAlias: 'cp1.internal' }
    expect(await hello(behind([jump(bastion, 'bastion')], ssh))).not.toBe('')
    await pool?.close()
    await expect(hello(behind([jump(bastion, 'bastion')], { knownHostsFile: file }))).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
    })
  })

  it('additional known_hosts files are read, and new keys go to the first one', async () => {
    const first = join(target.folder, 'learnt')
    rmSync(first, { force: true })
    const others = { otherKnownHostsFiles: [target.knownHostsFile] }
    expect(await hello(behind([jump(bastion, 'bastion')], { knownHostsFile: first, ...others }))).not.toBe('')
    await pool?.close()
    const learning = { knownHostsFile: first, hostKeyChecking: 'accept-new' } as const
    expect(await hello(behind([jump(bastion, 'bastion')], learning))).not.toBe('')
    expect(readFileSync(first, 'utf8')).toContain(await target.hostKey('ed25519'))
  })
})

describe('a jump host', () => {
  it('that does not exist is named', async () => {
    const gone = { ...jump(bastion, 'bastion'), ssh: { ...jump(bastion, 'bastion').ssh, port: 1 } }
    await expect(hello(behind([gone]))).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: 'on the way to cp1: cannot connect to 127.0.0.1:1: the connection was refused',
    })
  })

  it('that cannot reach the host says so', async () => {
    const host = { ...behind([jump(bastion, 'bastion')]), address: '127.0.0.1' }
    const unreached = { ...host, ssh: { ...host.ssh, port: 1 } }
    await expect(hello(unreached)).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: 'cannot connect to 127.0.0.1:1: from the jump host bastion: Connection refused',
    })
  })

  it('that forbids forwarding is left to the operator', async () => {
    const closed = await startSshd({ config: ['AllowTcpForwarding no'] })
    try {
      await expect(hello(behind([jump(closed, 'closed')]))).rejects.toMatchObject({
        code: 'SSH_JUMP_REFUSED',
        message: expect.stringContaining('the jump host closed does not forward to 127.0.0.1:') as string,
      })
    } finally {
      await closed.stop()
    }
  })

  it('can allow nothing but forwarding, and only to some hosts', async () => {
    const narrow = await startSshd({
      config: ['MaxSessions 0', 'ForceCommand /bin/false', `PermitOpen 127.0.0.1:${target.port}`],
    })
    try {
      expect(await hello(behind([jump(narrow, 'narrow')]))).toMatch(`127.0.0.1 ${target.port}`)
      await pool?.close()
      const elsewhere = second.host({ proxyJump: [jump(narrow, 'narrow')] }, 'cp2')
      await expect(hello(elsewhere)).rejects.toMatchObject({
        code: 'SSH_JUMP_REFUSED',
        message: expect.stringContaining(
          `the jump host narrow does not forward to 127.0.0.1:${second.port}`,
        ) as string,
      })
    } finally {
      await narrow.stop()
    }
  })

  it('that loses its connection is named, and the next command reconnects', async () => {
    pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    const session = await pool.session(behind([jump(bastion, 'bastion')]))
    const running = session.run(script('echo started; sleep 60'), {
      onStdout: () => void bastion.endSessions(),
    })
    await expect(running).rejects.toMatchObject({
      code: 'SSH_CONNECTION_LOST',
      message: 'the connection to cp1 was lost, with that to its jump host bastion, while a command ran',
    })
    expect((await session.run(command('echo', 'again'))).stdout).toBe('again\n')
  })
})
