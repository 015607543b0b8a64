import { describe, expect, it } from 'vitest'
import type { Host } from '../../../src/cluster/model.js'
import { clusterFile, parse, problemTexts, type Change } from './cluster-files.js'
import { defined } from '../../../src/values/defined.js'

/** What reading needs where these files are there. */
function files(texts: Readonly<Record<string, string>>) {
  const absent = (path: string) => Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
  return {
    user: 'me',
    readFile: (path: string): string => {
      const text = texts[path]
      if (text === undefined) throw absent(path)
      return text
    },
    listFolder: (folder: string): readonly string[] =>
      Object.keys(texts)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1)),
  }
}

const CONFIG = '/home/ops/.ssh/config'
const noUser: Change = [['spec', 'ssh'], {}]
const firstHost: Change[1] = { name: 'cp1', role: 'control-plane', address: 'cp1' }

/** The first host of a file, with an ssh configuration. */
function firstWith(config: string, ...changes: readonly Change[]): Host {
  const [host] = parse(clusterFile(noUser, ...changes), files({ [CONFIG]: config })).cluster.hosts
  if (host === undefined) throw new Error('no host')
  return host
}

describe('an ssh setting that the cluster file omits', () => {
  it('comes from the ssh configuration', () => {
    const host = firstWith(
      'Host cp1\n  HostName 10.0.0.11\n  Port 2222\n  User admin\n  IdentityFile ~/.ssh/%r\n  IdentityFile /keys/%h\n' +
        '  IdentitiesOnly yes\n  HostKeyAlias one\n  StrictHostKeyChecking accept-new\n  UserKnownHostsFile ~/a ~/b\n',
      [['spec', 'hosts', 0], firstHost],
    )
    expect(host).toMatchObject({ address: '10.0.0.11', internalAddress: '10.0.0.11' })
    expect(host.ssh).toEqual({
      user: 'admin',
      port: 2222,
      identityFiles: ['/home/ops/.ssh/admin', '/keys/10.0.0.11'],
      identitiesOnly: true,
      hostKeyAlias: 'one',
      hostKeyChecking: 'accept-new',
      knownHostsFile: '/home/ops/a',
      otherKnownHostsFiles: ['/home/ops/b'],
    })
  })

  it('is overridden by the cluster file, per host first and then for all', () => {
    const { ssh } = firstWith(
      'Host *\n  User admin\n  Port 2222\n  IdentityFile /keys/other\n',
      [['spec', 'ssh'], { user: 'ops', identityFile: '/keys/fleet' }],
      [['spec', 'hosts', 0, 'ssh'], { user: 'root' }],
    )
    expect(ssh).toMatchObject({ user: 'root', port: 2222, identityFiles: ['/keys/fleet'] })
  })

  it('has a default, such as the local user', () => {
    expect(firstWith('').ssh).toEqual({
      user: 'me',
      port: 22,
      hostKeyChecking: 'strict',
      knownHostsFile: '/home/ops/.ssh/known_hosts',
    })
  })

  it('is looked up in included files or another configFile, or nowhere', () => {
    const texts = {
      [CONFIG]: 'Include conf.d/*.conf',
      '/home/ops/.ssh/conf.d/a.conf': 'Port 1111',
      '/clusters/prod/ssh_config': 'Port 2222',
    }
    const portWith = (configFile?: string) =>
      parse(clusterFile([['spec', 'ssh'], defined({ configFile })]), files(texts)).cluster.hosts[0]?.ssh.port
    expect([portWith(), portWith('./ssh_config'), portWith('none')]).toEqual([1111, 2222, 22])
  })
})

describe('jump hosts', () => {
  const ways = (host: Host) =>
    host.ssh.proxyJump?.map(({ name, address, ssh }) => `${name} ${ssh.user}@${address}:${ssh.port}`)

  it('come from the cluster file, in order', () => {
    const host = firstWith('', [['spec', 'ssh'], { user: 'ops', proxyJump: 'jane@gate:2200,inner' }])
    expect(ways(host)).toEqual(['gate jane@gate:2200', 'inner ops@inner:22'])
  })

  it('are looked up in spec.jumpHosts, with their own keys and passwords', () => {
    const jumpHosts = [
      { name: 'bastion', address: '203.0.113.7', ssh: { user: 'jane', passwordFrom: { env: 'BASTION' } } },
    ]
    const host = firstWith(
      '',
      [
        ['spec', 'ssh'],
        { user: 'ops', proxyJump: 'bastion', identityFile: '/keys/fleet', passwordFrom: { env: 'HOSTS' } },
      ],
      [['spec', 'jumpHosts'], jumpHosts],
    )
    expect(ways(host)).toEqual(['bastion jane@203.0.113.7:22'])
    expect(host.ssh.proxyJump?.[0]?.ssh).toMatchObject({
      identityFiles: ['/keys/fleet'],
      password: { env: 'BASTION' },
    })
  })

  it('come from the ssh configuration, with their own jump hosts', () => {
    const config =
      'Host 10.*\n  ProxyJump inner\nHost inner\n  HostName 192.0.2.1\n  User jane\n  ProxyJump outer\n' +
      'Host outer\n  HostName 203.0.113.7\n  Port 2200\n'
    expect(ways(firstWith(config))).toEqual(['outer me@203.0.113.7:2200', 'inner jane@192.0.2.1:22'])
  })

  it('can be written as the older ProxyCommand ssh -W', () => {
    expect(ways(firstWith('Host 10.*\n  ProxyCommand ssh -W %h:%p bastion\n'))).toEqual([
      'bastion me@bastion:22',
    ])
  })

  it('can be a host of the cluster, which is itself reached directly', () => {
    const { hosts } = parse(clusterFile([['spec', 'ssh'], { user: 'ops', proxyJump: 'lb1' }])).cluster
    expect(hosts.map((host) => ways(host))).toEqual([
      ...Array<unknown>(4).fill(['lb1 ops@10.0.0.5:22']),
      undefined,
    ])
  })

  it('are disabled with none', () => {
    const changes: Change[] = [
      [['spec', 'ssh'], { user: 'ops', proxyJump: 'bastion' }],
      [['spec', 'hosts', 0, 'ssh'], { proxyJump: 'none' }],
    ]
    expect(ways(firstWith('', ...changes))).toBeUndefined()
  })
})

describe('passwords', () => {
  it('are referred to by place and never written out', () => {
    const { ssh } = firstWith(
      '',
      [
        ['spec', 'ssh'],
        { user: 'ops', passwordFrom: { prompt: true }, sudoPasswordFrom: { file: './sudo' } },
      ],
      [['spec', 'hosts', 0, 'ssh'], { sudoPasswordFrom: { env: 'SUDO' } }],
    )
    expect(ssh.password).toEqual({ prompt: 'password of ops on the hosts of prod' })
    expect(ssh.sudoPassword).toEqual({ env: 'SUDO' })
  })
})

describe('mistakes in how hosts are reached are reported', () => {
  const configured = (config: string, ...changes: readonly Change[]) =>
    problemTexts(clusterFile(noUser, ...changes), files({ [CONFIG]: config }))

  it.each<readonly [what: string, config: string, changes: readonly Change[], problem: string]>([
    [
      'a jump host behind itself',
      'Host *\n  ProxyJump bastion\n',
      [],
      'spec.hosts[0].address: the jump host "bastion" is reached through itself; give it proxyJump none (in the ssh configuration: Host * !name)',
    ],
    [
      'a ProxyCommand',
      'Host 10.0.0.11\n  ProxyCommand nc -X connect %h %p\n',
      [],
      'spec.hosts[0].address: the ssh configuration reaches "10.0.0.11" by ProxyCommand "nc -X connect %h %p", which is not supported; use ProxyJump there, or ssh.proxyJump here (none: no jump host)',
    ],
    [
      'no place for a password',
      '',
      [[['spec', 'ssh'], { passwordFrom: {} }]],
      'spec.ssh.passwordFrom: no place is given; give one of env, file and prompt',
    ],
    [
      'two places for a password',
      '',
      [[['spec', 'hosts', 3, 'ssh'], { sudoPasswordFrom: { env: 'A', file: 'b' } }]],
      'spec.hosts[3].ssh.sudoPasswordFrom: more than one place is given; give one of env, file and prompt',
    ],
    [
      'a jump host that is none',
      '',
      [[['spec', 'ssh'], { proxyJump: 'a b' }]],
      'spec.ssh.proxyJump: "a b" is not [user@]host[:port], several with commas between; write it like bastion or ops@bastion.example.com:2222',
    ],
    [
      'a jump host with the name of a host',
      '',
      [[['spec', 'jumpHosts'], [{ name: 'cp1', address: '10.0.0.9' }]]],
      'spec.jumpHosts[0].name: the name "cp1" is taken; give each host a name of its own; proxyJump can name a host of the cluster directly',
    ],
    [
      'a variable that is not set',
      'Host 10.0.0.11\n  IdentityFile ${NOT_SET}/id\n',
      [],
      'spec.hosts[0].address: the ssh configuration\'s IdentityFile "${NOT_SET}/id" needs the variable NOT_SET, which is not set; correct it there, or set the value here',
    ],
    [
      'a token that nobody knows',
      'Host 10.0.0.11\n  IdentityAgent /run/%z/agent\n',
      [],
      'spec.hosts[0].address: the ssh configuration\'s IdentityAgent "/run/%z/agent" has the token %z, which is not known here; correct it there, or set the value here',
    ],
    [
      'an included file whose name depends on the host',
      'Include conf.d/%h\n',
      [],
      'spec.ssh.configFile: "/home/ops/.ssh/config" cannot be read; has the token %h, which is not known here',
    ],
    [
      'a configuration that is not there',
      '',
      [[['spec', 'ssh'], { configFile: './none.conf' }]],
      'spec.ssh.configFile: "/clusters/prod/none.conf" cannot be read; no such file: /clusters/prod/none.conf',
    ],
  ])('%s', (_what, config, changes, problem) => {
    expect(configured(config, ...changes)).toContain(problem)
  })
})

describe('a setting in the ssh configuration that is ignored', () => {
  it.each([
    ['Match exec "true"\n  User eve\n', `Match exec "true" is ignored (${CONFIG}:2)`],
    ['CertificateFile ~/.ssh/id-cert.pub\n', `CertificateFile is ignored (${CONFIG}:1)`],
    ['StrictHostKeyChecking no\n', 'StrictHostKeyChecking no in the ssh configuration is ignored'],
  ])('causes one warning: %s', (config, text) => {
    const { warnings } = parse(clusterFile(noUser), files({ [CONFIG]: config }))
    expect(warnings.filter(({ problem }) => problem.startsWith(text))).toHaveLength(1)
  })

  it('causes none if it makes no difference here', () => {
    const config = 'ForwardAgent yes\nMatch final all\n  Ciphers aes256-ctr\n'
    expect(parse(clusterFile(noUser), files({ [CONFIG]: config })).warnings).toEqual([])
  })
})
