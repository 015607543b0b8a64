/** `quorate exec`, `ssh` and `logs` as processes, against real sshds. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterFileOf, startHostWithState, type HostWithState } from './hosts-with-state.js'
import { PROJECT } from '../../support/process.js'
import { quorate } from '../../support/quorate.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-by-hand-'))
const file = join(folder, 'cluster.yaml')
let cp1: HostWithState
let w1: HostWithState
let jump: TestSshd
beforeAll(async () => {
  cp1 = await startHostWithState('cp1', folder)
  w1 = await startHostWithState('w1', folder)
  jump = await startSshd()
  writeClusterFile()
})
afterAll(async () => {
  await Promise.all([cp1, w1, jump].map((one) => one.stop()))
  rmSync(folder, { recursive: true })
})

function writeClusterFile(more?: Parameters<typeof clusterFileOf>[1]): void {
  writeFileSync(file, clusterFileOf([cp1, w1], more))
}

/** Hosts are reached through the jump host, whose key is looked for in this file. */
function throughBastion(known: string) {
  const settings = `{ port: ${jump.port}, knownHostsFile: ${known}, identityFile: ${jump.identityFile} }`
  return {
    ssh: 'proxyJump: bastion',
    spec: `jumpHosts: [{ name: bastion, address: 127.0.0.1, ssh: ${settings} }]`,
  }
}

const runWithInput = (input: string, args: readonly string[]) =>
  execFileSync(process.execPath, [join(PROJECT, 'bin', 'quorate.js'), ...args], { input }).toString()
const run = (command: string, ...args: readonly string[]) =>
  quorate([command, '-f', file, '--no-color', ...args])

describe('quorate exec', () => {
  it('runs on all chosen hosts, and tells what each said', async () => {
    const { exitCode, stdout, stderr } = await run('exec', '--all', '--', 'echo one; echo; echo two >&2')
    expect([exitCode, stdout]).toEqual([0, 'cp1 one\ncp1 \nw1 one\nw1 \n'])
    expect(stderr).toBe('cp1 two\nw1 two\n')
  })

  it('gives the output of one host as it is, and ends as the command did', async () => {
    const { exitCode, stdout } = await run('exec', '--role', 'worker', '--', 'printf "a\\tb"; exit 7')
    expect([exitCode, stdout]).toEqual([7, 'a\tb'])
  })

  it('passes arguments on as they are', async () => {
    const words = ['--host', 'w1', '--', 'printf', '%s|', 'a b', '$HOME', "it's"]
    expect((await run('exec', ...words)).stdout).toBe("a b|$HOME|it's|")
  })

  it('fails if a host is away, and runs on the others', async () => {
    writeClusterFile({ ssh: 'hostKeyFingerprint: SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
    const { exitCode, stderr } = await run('exec', '--all', '--', 'true')
    writeClusterFile()
    expect(exitCode).toBe(1)
    expect(stderr).toContain('SSH_HOST_KEY_CHANGED')
  })

  it('tells the same as JSON, a host a line', async () => {
    const { stdout } = await run('exec', '--all', '--json', '--', 'echo hello')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual(
      ['cp1', 'w1'].map((host) => ({ type: 'exec', host, exitCode: 0, stdout: 'hello\n', stderr: '' })),
    )
  })
})

describe('the cluster file of a command', () => {
  it('comes from standard input, or is named by a variable', async () => {
    const words = ['exec', '--host', 'w1', '--', 'echo', 'there']
    const piped = runWithInput(readFileSync(file, 'utf8'), ['-f', '-', ...words])
    expect(piped).toBe('there\n')
    expect(await quorate(words, { QUORATE_FILE: file })).toMatchObject({ exitCode: 0, stdout: 'there\n' })
  })
})

describe('quorate ssh', () => {
  it('logs in with the keys and known hosts of the cluster file', async () => {
    expect(await run('ssh', 'w1', '--', 'echo $((6 * 7))')).toMatchObject({ exitCode: 0, stdout: '42\n' })
  })

  it('checks a pinned key', async () => {
    const known = join(w1.host.ssh.knownHostsFile)
    const listed = execFileSync('ssh-keygen', ['-l', '-f', known]).toString()
    const pinned = /SHA256:\S+/.exec(listed)?.[0] ?? ''
    writeClusterFile({ ssh: `hostKeyFingerprint: '${pinned}'` })
    expect(await run('ssh', 'w1', '--', 'echo in')).toMatchObject({ exitCode: 0, stdout: 'in\n' })
    const other = await run('ssh', 'cp1', '--', 'echo in')
    writeClusterFile()
    expect([other.exitCode, other.stdout]).toEqual([255, ''])
    expect(other.stderr).toMatch(/host key/i)
  })

  it('goes through jump hosts', async () => {
    writeClusterFile(throughBastion(jump.knownHostsFile))
    const through = await run('ssh', 'w1', '--', 'echo $SSH_CONNECTION | wc -w')
    writeClusterFile()
    expect(through.stderr).toBe('')
    expect(through).toMatchObject({ exitCode: 0, stdout: '4\n' })
  })
})

describe('quorate known-hosts', () => {
  const known = join(folder, 'known_hosts')
  // Jump host and host are unknown, so the host's key is seen only once the jump host is known.
  const unknown = () => writeClusterFile({ ...throughBastion(known), knownHosts: known })

  it('shows keys that nobody knows, and adds none by itself', async () => {
    unknown()
    const { exitCode, stdout } = await run('known-hosts', '--show')
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/SERVER +NAME +TYPE +FINGERPRINT/)
    expect(stdout).toMatch(/bastion +\[127\.0\.0\.1\]:\d+ +ssh-ed25519 +SHA256:\S+/)
    expect(stdout).not.toContain('w1 ')
    expect(existsSync(known)).toBe(false)
    expect(await run('known-hosts')).toMatchObject({ exitCode: 2 })
    expect(existsSync(known)).toBe(false)
  })

  it('adds them, first those of jump hosts, then those behind', async () => {
    unknown()
    const { exitCode, stdout } = await run('known-hosts', '--yes')
    expect([exitCode, stdout.trim().split('\n').at(-1)]).toEqual([0, '✔ every host is known now'])
    expect(readFileSync(known, 'utf8').trim().split('\n')).toHaveLength(3)
    expect((await run('known-hosts')).stdout).toContain('the key of every host is known')
    expect((await run('exec', '--all', '--', 'true')).exitCode).toBe(0)
  })

  it('replaces no key that has changed', async () => {
    unknown()
    const other = readFileSync(jump.knownHostsFile, 'utf8').split(' ').slice(1).join(' ')
    writeFileSync(known, `[127.0.0.1]:${cp1.host.ssh.port} ${other}[127.0.0.1]:${jump.port} ${other}`)
    const { exitCode, stderr } = await run('known-hosts', '--yes')
    writeClusterFile()
    expect(exitCode).toBe(1)
    expect(stderr).toContain('SSH_HOST_KEY_CHANGED')
    expect(readFileSync(known, 'utf8')).toContain(`[127.0.0.1]:${cp1.host.ssh.port} ${other}`)
  })
})

describe('quorate logs', () => {
  it('lists what ran on hosts, and shows the whole output of a unit', async () => {
    const unit = join(w1.state, 'operations', '01a22233-1f1f', 'kubeadm-join.1')
    mkdirSync(unit, { recursive: true })
    writeFileSync(
      join(w1.state, 'journal'),
      '2026-11-28T12:48:30Z start 01a22233-1f1f kubeadm-join 1\n2026-11-28T12:50:02Z end 01a22233-1f1f kubeadm-join 1 1\n',
    )
    writeFileSync(join(unit, 'output'), 'first\n\nlast')
    writeFileSync(join(unit, 'result'), 'exit 1\n')
    const listed = await run('logs')
    expect(listed.stdout).toMatch(/HOST +UNIT +OPERATION +STARTED +EXIT/)
    expect(listed.stdout).toMatch(/w1 +kubeadm-join +01a22233-1f1f +2026-11-28T12:48:30Z +1/)
    const shown = await run('logs', 'prod', 'w1', 'kubeadm-join', '--follow')
    expect([shown.exitCode, shown.stdout]).toEqual([0, 'first\n\nlast'])
  })

  it('names the units that did run', async () => {
    const { exitCode, stderr } = await run('logs', 'prod', 'w1', 'kubeadm-init')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('these did: kubeadm-join')
  })
})
