/** What values of the ssh configuration stand for, against what OpenSSH itself makes of them as it connects. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, hostname, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClusterFileError, parseClusterFile } from '../../../src/cluster-file/parse.js'
import type { HostSsh } from '../../../src/cluster/ssh-login.js'

let folder: string
const VARIABLES = { ...process.env, CLUSTER_KEY: '/keys/cluster key', EMPTY: '', SSH_AUTH_SOCK: undefined }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-ssh-expansion-'))
  mkdirSync(join(folder, 'conf.d'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function configure(lines: readonly string[]): string {
  const file = join(folder, 'config')
  const address = lines.some((line) => line.startsWith('HostName')) ? [] : ['HostName 127.0.0.1']
  const all = ['Host cp1', ...address, 'User ops', 'Port 9', ...lines]
  writeFileSync(file, `${all.join('\n  ')}\n`)
  return file
}

/** What the client says of itself on its way to a port where nobody listens. */
function openssh(lines: readonly string[]): string {
  const { stderr } = spawnSync(
    '/usr/bin/ssh',
    ['-v', '-F', configure(lines), '-o', 'BatchMode=yes', 'cp1', 'true'],
    {
      encoding: 'utf8',
      env: VARIABLES,
      timeout: 20_000,
    },
  )
  return stderr
}

function settings(lines: readonly string[]): Readonly<Record<string, string>> {
  const { stdout } = spawnSync('ssh', ['-G', '-F', configure(lines), 'cp1'], {
    encoding: 'utf8',
    env: VARIABLES,
  })
  return Object.fromEntries(
    stdout.split('\n').map((line): [string, string] => {
      const [, keyword = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
      return [keyword, value]
    }),
  )
}

function ours(lines: readonly string[]): HostSsh | string {
  const configFile = configure(lines)
  const text = JSON.stringify({
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'try' },
    spec: {
      kubernetes: { version: 'v1.36.3', controlPlaneEndpoint: 'api.try.lab' },
      ssh: { configFile },
      hosts: [{ name: 'cp1', role: 'control-plane', address: 'cp1', internalAddress: '10.0.0.11' }],
    },
  })
  const { username, uid } = userInfo()
  try {
    const { cluster } = parseClusterFile(text, {
      path: 'cluster.yaml',
      directory: process.cwd(),
      home: homedir(),
      user: username,
      uid,
      hostName: hostname(),
      variables: VARIABLES,
      readFile: (path) => readFileSync(path, 'utf8'),
      listFolder: (path) => readdirSync(path),
    })
    return cluster.hosts[0]?.ssh ?? 'no host'
  } catch (error) {
    if (error instanceof ClusterFileError) return error.fileProblems.map(({ problem }) => problem).join('\n')
    throw error
  }
}

function oursOf<Name extends keyof HostSsh>(name: Name, lines: readonly string[]): HostSsh[Name] | string {
  const ssh = ours(lines)
  return typeof ssh === 'string' ? ssh : ssh[name]
}

/** Through a ProxyCommand that ends at once the client comes as far as to look for its keys. */
const keysOfOpenssh = (file: string) =>
  [...openssh([`IdentityFile ${file}`, 'ProxyCommand true']).matchAll(/identity file (.*) type -?\d+\r?$/gm)]
    .map(([, path = '']) => path)
    .filter((path) => !path.endsWith('-cert'))

describe('an IdentityFile', () => {
  it.each([
    '${HOME}/.ssh/id_x',
    '"${CLUSTER_KEY}"',
    '${EMPTY}/keys/${EMPTY}x',
    '~/.ssh/%h-%p-%r-%n-%u',
    '~root/.ssh/id_x',
    '/keys/%d/%i/%L/%l/%k/%%h',
    '/keys/%C',
    '/keys/$HOME',
    '%d/.ssh/%h',
  ])('%s is the same file as for ssh', (file) => {
    const theirs = keysOfOpenssh(file)
    expect(theirs).toHaveLength(1)
    expect(oursOf('identityFiles', [`IdentityFile ${file}`])).toEqual(
      theirs.map((path) => path.replace('//', '/')),
    )
  })

  it.each([
    ['${NOT_SET}/id', 'needs the variable NOT_SET, which is not set'],
    ['/keys/%z', 'has the token %z, which is not known here'],
    ['/keys/${HOME', 'has ${HOME, which is not closed by }'],
    ['/keys/%', 'ends within a token'],
    ['~nobody-of-this-name/id', 'names the home of nobody-of-this-name, a user who does not exist here'],
  ])('%s is rejected like in ssh, which fails or finds no such file', (file, problem) => {
    expect(keysOfOpenssh(file)).toEqual([])
    expect(oursOf('identityFiles', [`IdentityFile ${file}`])).toContain(problem)
  })

  it('with any tokens and variables is the same file as for ssh', { timeout: 120_000 }, () => {
    const part = fc.constantFrom(
      '%%',
      '%C',
      '%d',
      '%h',
      '%i',
      '%k',
      '%L',
      '%l',
      '%n',
      '%p',
      '%r',
      '%u',
      '${HOME}',
      '${EMPTY}',
      'x',
      '$',
      '~',
      '-',
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const file = `/k/${parts.join('')}`
        const theirs = keysOfOpenssh(file)
        expect(theirs).toHaveLength(1)
        expect(oursOf('identityFiles', [`IdentityFile ${file}`])).toEqual([resolve(theirs[0] ?? '')])
      }),
      { numRuns: 40 },
    )
  })
})

describe('other paths expand as in ssh:', () => {
  it.each(['${HOME}/.ssh/kh_x', '%d/kh-%h', '~/kh /etc/kh_%n', '/kh/%i-%k'])(
    'UserKnownHostsFile %s',
    (files) => {
      const lines = [`UserKnownHostsFile ${files}`]
      const ssh = ours(lines)
      expect(ssh).toMatchObject({ port: 9 })
      const { knownHostsFile, otherKnownHostsFiles = [] } = ssh as HostSsh
      expect([knownHostsFile, ...otherKnownHostsFiles].join(' ')).toBe(settings(lines)['userknownhostsfile'])
    },
  )

  it.each(['${HOME}/agent.sock', '/run/user/%i/agent.sock', '~/agent.sock'])('IdentityAgent %s', (agent) => {
    const lines = [`IdentityAgent ${agent}`]
    const home = homedir()
    // `-G` shows an agent without its tokens replaced; they are those of any path.
    const theirs = settings(lines)['identityagent']?.replace('%i', String(userInfo().uid)).replace('~', home)
    expect(oursOf('identityAgent', lines)).toBe(theirs)
  })

  it('IdentityAgent $NAME is the value of the variable, and SSH_AUTH_SOCK the agent of the worker', () => {
    expect(oursOf('identityAgent', ['IdentityAgent $CLUSTER_KEY'])).toBe('/keys/cluster key')
    expect(oursOf('identityAgent', ['IdentityAgent $SSH_AUTH_SOCK'])).toBeUndefined()
    expect(oursOf('identityAgent', ['IdentityAgent $NOT_SET'])).toContain('needs the variable NOT_SET')
  })
})

describe('a ProxyJump', () => {
  const jumpOfOpenssh = (jump: string) =>
    /Executing proxy command: exec \S+ -l (\S+) -p (\d+) .* (\S+?)\r?$/m
      .exec(openssh([`ProxyJump ${jump}`]))
      ?.slice(1)

  it.each(['%r@127.0.0.1:9', 'jane-%n@127.0.0.1:9', '%r-%p@%h:9'])(
    '%s leads to the same host as in ssh',
    (jump) => {
      const [user, port, address] = jumpOfOpenssh(jump) ?? []
      expect(user).toBeDefined()
      const ssh = oursOf('proxyJump', [`ProxyJump ${jump}`])
      expect(ssh).toMatchObject([{ address, ssh: { user, port: Number(port) } }])
    },
  )

  it('with an unknown token is rejected', () => {
    expect(oursOf('proxyJump', ['ProxyJump %u@127.0.0.1:9'])).toContain('is not a list of jump hosts')
  })
})

describe('a HostName', () => {
  it.each(['%n', '%u.lab'])('%s is rejected as in ssh', (name) => {
    const lines = [`HostName ${name}`]
    expect(spawnSync('ssh', ['-G', '-F', configure(lines), 'cp1']).status).not.toBe(0)
    expect(oursOf('user', lines)).toBe(
      `the ssh configuration's HostName "${name}" has the token ${name.slice(0, 2)}, which is not known here`,
    )
  })
})

describe('an Include', () => {
  it.each([
    'conf.d/[0-9]*.conf',
    'conf.d/[!a-z]?.conf',
    'conf.d/[[:digit:]]1.conf',
    '*.d/\\[1.conf',
    'conf.d/[1.conf',
  ])('of %s reads the same files as ssh', (pattern) => {
    for (const [index, name] of ['01.conf', '11.conf', 'a1.conf', '.11.conf', '[1.conf'].entries()) {
      writeFileSync(join(folder, 'conf.d', name), `IdentityFile /k/${index}\n`)
    }
    const lines = [`Include ${folder}/${pattern}`, 'IdentityFile /k/last', 'ProxyCommand true']
    const theirs = [...openssh(lines).matchAll(/identity file (.*) type -?\d+\r?$/gm)]
      .map(([, path]) => path)
      .filter((path) => path?.endsWith('-cert') === false)
    expect(oursOf('identityFiles', lines.slice(0, 2))).toEqual(theirs)
  })
})
