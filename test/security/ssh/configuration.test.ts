/** An ssh configuration that says more than it seems, or that others may write: nothing in it is taken by guess. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseClusterFile } from '../../../src/cluster-file/parse.js'
import type { ClusterFileLocation } from '../../../src/cluster-file/location.js'
import type { Host } from '../../../src/cluster/model.js'
import { isQuorateError } from '../../../src/errors/index.js'
import { createSessionPool } from '../../../src/ssh/index.js'
import { startSshd } from '../../support/sshd.js'
import { clusterFile } from '../../unit/cluster-file/cluster-files.js'

let folder: string
let home: string
let config: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-configuration-'))
  home = join(folder, 'home')
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  config = join(home, '.ssh/config')
})

afterEach(() => rmSync(folder, { recursive: true }))

function firstHost(text: string, port = 22): Host {
  writeFileSync(config, text, existsSync(config) ? {} : { mode: 0o600 })
  const location: ClusterFileLocation = {
    path: 'cluster.yaml',
    directory: folder,
    home,
    user: 'root',
    uid: process.getuid?.() ?? 0,
    hostName: hostname(),
    variables: { HOME: home },
    readFile: (path) => readFileSync(path, 'utf8'),
    listFolder: (path) => readdirSync(path),
    fileState: (path) => statSync(path, { throwIfNoEntry: false }),
  }
  const file = clusterFile([['spec', 'ssh'], { user: 'root', port }])
  const [host] = parseClusterFile(file, location).cluster.hosts
  if (host === undefined) throw new Error('no host')
  return host
}

function problemsOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isQuorateError(error)) return JSON.stringify(error.report())
    throw error
  }
  throw new Error('no problem')
}

describe('a known_hosts file named with a variable', () => {
  it('is the same as for ssh: a different key in it counts as changed, and nothing is written', async () => {
    const sshd = await startSshd()
    const pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    try {
      const other = join(folder, 'other')
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
      const [type, key] = readFileSync(`${other}.pub`, 'utf8').split(' ')
      const team = join(home, 'kh-team')
      writeFileSync(team, `[127.0.0.1]:${sshd.port} ${type ?? ''} ${key ?? ''}\n`)
      const host = firstHost(
        'HostName 127.0.0.1\nUserKnownHostsFile ${HOME}/kh-team\nStrictHostKeyChecking accept-new\n',
        sshd.port,
      )
      expect(host.ssh.knownHostsFile).toBe(team)
      const before = readFileSync(team, 'utf8')
      const login = { ...host, ssh: { ...host.ssh, identityFiles: [sshd.identityFile] } }
      await expect(pool.session(login)).rejects.toMatchObject({ code: 'SSH_HOST_KEY_CHANGED' })
      expect(readFileSync(team, 'utf8')).toBe(before)
      expect(readdirSync(folder).toSorted()).toEqual(['home', 'other', 'other.pub'])
    } finally {
      await pool.close()
      await sshd.stop()
    }
  })

  it('in a missing folder is reported: only ~/.ssh is created', async () => {
    const sshd = await startSshd()
    const pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    const knownHostsFile = join(folder, 'typo', 'known_hosts')
    try {
      const host = sshd.host({ knownHostsFile, hostKeyChecking: 'accept-new' })
      await expect(pool.session(host)).rejects.toMatchObject({ code: 'SSH_KNOWN_HOSTS_UNREADABLE' })
      expect(existsSync(join(folder, 'typo'))).toBe(false)
    } finally {
      await pool.close()
      await sshd.stop()
    }
  })

  it.each(['UserKnownHostsFile', 'IdentityFile', 'IdentityAgent', 'RevokedHostKeys'])(
    'is rejected if the variable is not set or a token is unknown: %s',
    (keyword) => {
      expect(problemsOf(() => firstHost(`${keyword} \${NOT_SET_HERE}/x\n`))).toContain(
        'NOT_SET_HERE, which is not set',
      )
      expect(problemsOf(() => firstHost(`${keyword} /keys/%Z\n`))).toContain('%Z, which is not known here')
    },
  )
})

it('RevokedHostKeys and GlobalKnownHostsFile are used as configured', () => {
  const { ssh } = firstHost('RevokedHostKeys ~/revoked-%h\nGlobalKnownHostsFile /etc/a /etc/b\n')
  expect(ssh).toMatchObject({
    revokedHostKeysFile: join(home, 'revoked-10.0.0.11'),
    systemKnownHostsFiles: ['/etc/a', '/etc/b'],
  })
  expect(firstHost('RevokedHostKeys none\n').ssh.revokedHostKeysFile).toBeUndefined()
})

describe('an ssh configuration that others control', () => {
  it.each([0o620, 0o602, 0o666])('is rejected if they can write to it: %o', (mode) => {
    firstHost('User ops\n')
    chmodSync(config, mode)
    expect(problemsOf(() => firstHost('User ops\n'))).toContain(`chmod go-w ${config}`)
  })

  it('is rejected if they own it', () => {
    firstHost('User ops\n')
    chownSync(config, 65_534, 65_534)
    expect(problemsOf(() => firstHost('User ops\n'))).toContain('belongs to another user (number 65534)')
  })

  it('is rejected even if it is only included', () => {
    const included = join(home, '.ssh/more')
    writeFileSync(included, 'ProxyJump evil\n')
    chmodSync(included, 0o666)
    expect(problemsOf(() => firstHost('Include more\n'))).toContain(`chmod go-w ${included}`)
  })

  it('is accepted if they can only read it, as in ssh', () => {
    firstHost('Port 2222\n')
    chmodSync(config, 0o644)
    expect(firstHost('HostKeyAlias one\n').ssh.hostKeyAlias).toBe('one')
  })
})

it('an ssh configuration that includes itself is rejected', () => {
  expect(problemsOf(() => firstHost('Include config\n'))).toContain('includes itself')
})
