import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problems, problemTexts, warningTexts, type Change } from './cluster-files.js'

const PEM = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519'], { encoding: 'utf8' })
const CONTAINERD: readonly string[] = ['spec', 'containerRuntime', 'config']
const KUBEADM: readonly string[] = ['spec', 'kubernetes', 'kubeadm']
const SECRET = 'hunter2-canary'

describe('a secret in the cluster file', () => {
  it.each<[string, Change, RegExp]>([
    [
      "a registry's password in containerd's configuration",
      [[...CONTAINERD, 'registry', 'configs', 'reg.lab', 'auth', 'password'], SECRET],
      /auth\.password: password is a secret, which Temporal would store; give the registry an entry in containerRuntime\.registries, with username and passwordFrom/,
    ],
    [
      'its identity token',
      [[...CONTAINERD, 'registry', 'configs', 'reg.lab', 'auth', 'identitytoken'], SECRET],
      /identitytoken is a secret/,
    ],
    [
      'its encoded login',
      [[...CONTAINERD, 'registry', 'configs', 'reg.lab', 'auth', 'auth'], SECRET],
      /auth is a secret/,
    ],
    [
      'a header',
      [[...CONTAINERD, 'registry', 'headers', 'Authorization'], [SECRET]],
      /Authorization is a secret/,
    ],
    [
      'a token of kubeadm',
      [[...KUBEADM, 'initConfiguration', 'bootstrapTokens'], [{ token: 'abcdef.0123456789abcdef' }]],
      /it holds a bootstrap token/,
    ],
    [
      'a key of kubeadm',
      [[...KUBEADM, 'initConfiguration', 'certificateKey'], SECRET],
      /certificateKey is a secret/,
    ],
    [
      'a variable of the API server',
      [
        [...KUBEADM, 'clusterConfiguration', 'apiServer', 'extraEnvs'],
        [{ name: 'VAULT_TOKEN', value: SECRET }],
      ],
      /the value of VAULT_TOKEN is a secret/,
    ],
    [
      'a proxy with a password',
      [
        [...KUBEADM, 'clusterConfiguration', 'apiServer', 'extraEnvs'],
        [{ name: 'HTTPS_PROXY', value: `http://me:${SECRET}@proxy:3128` }],
      ],
      /it holds a URL with a password/,
    ],
    ['a private key', [[...KUBEADM, 'kubeletConfiguration', 'anything'], PEM], /it holds a private key/],
    [
      'a private key in base64',
      [[...KUBEADM, 'kubeletConfiguration', 'anything'], Buffer.from(PEM).toString('base64')],
      /it holds a private key/,
    ],
    [
      'a signed token',
      [[...KUBEADM, 'kubeletConfiguration', 'anything'], 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl'],
      /it holds a signed token/,
    ],
    [
      'a mirror with a password in its address',
      [
        ['spec', 'containerRuntime', 'registries'],
        [{ registry: 'docker.io', endpoint: `https://me:${SECRET}@mirror.lab` }],
      ],
      /registries\[0\]\.endpoint: it holds a URL with a password, which Temporal would store; give the registry a username, and its password with passwordFrom/,
    ],
    [
      'a package repository with a password in its address',
      [['spec', 'packages', 'repository'], `https://me:${SECRET}@packages.lab`],
      /put the login into \/etc\/apt\/auth\.conf\.d/,
    ],
  ])('is rejected: %s', (_what, change, expected) => {
    const found = problemTexts(clusterFile(change))
    expect(found).toContainEqual(expect.stringMatching(expected))
  })

  it('is reported with its place and without its value', () => {
    const text = clusterFile([[...CONTAINERD, 'registry', 'configs', 'reg.lab', 'auth', 'password'], SECRET])
    const [found = ''] = problems(text)
    const line = text.split('\n').findIndex((one) => one.includes(SECRET)) + 1
    expect(found).toMatch(new RegExp(`^cluster\\.yaml:${line}:\\d+ `))
    expect(found).not.toContain(SECRET)
  })

  it.each<[string, Change]>([
    ['webhooks that authorize', [[...KUBEADM, 'kubeletConfiguration', 'authorization'], { mode: 'Webhook' }]],
    [
      'files of tokens',
      [
        [...KUBEADM, 'clusterConfiguration', 'apiServer', 'extraArgs'],
        { 'audit-policy-file': '/etc/kubernetes/audit.yaml' },
      ],
    ],
    [
      'a URL without a password',
      [['spec', 'packages', 'repository'], 'https://packages.lab:8443/kubernetes'],
    ],
    [
      'an image by its digest',
      [['spec', 'network', 'image'], `reg.lab:5000/flannel@sha256:${'a'.repeat(64)}`],
    ],
  ])('is not suspected in %s', (_what, change) => {
    expect(problemTexts(clusterFile(change))).toEqual([])
  })
})

describe('a manifest of a pod network', () => {
  const withManifest = (text: string) =>
    problemTexts(clusterFile([['spec', 'network', 'manifest'], './net.yaml']), { readFile: () => text })
  const object = (kind: string, more = '') => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: a }\n${more}`

  it('with a Secret is rejected, with its line and an alternative', () => {
    const manifest = `${object('Namespace')}---\n${object('Secret', 'stringData: { key: hunter2 }\n')}`
    expect(withManifest(manifest)).toEqual([
      'spec.network.manifest: it has a Secret in line 5, which Temporal would store; leave it out and apply it yourself with kubectl, or give the manifest as an https URL with its digest: then only the worker reads it',
    ])
  })

  it('with a Secret in a List is rejected', () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Secret, metadata: { name: a }, data: { k: dg== } }\n'
    expect(withManifest(list)).toEqual([expect.stringContaining('has a Secret in line 4')])
  })

  it('with a private key is rejected', () => {
    const key = `data:\n  key: |\n${PEM.replaceAll(/^/gm, '    ')}`
    expect(withManifest(object('ConfigMap', key))).toEqual([
      expect.stringContaining('it holds a private key'),
    ])
  })

  it('can contain an empty Secret', () => {
    expect(withManifest(object('Secret'))).toEqual([])
  })
})

describe('a registry login', () => {
  const withRegistry = (registry: object) =>
    clusterFile([
      ['spec', 'containerRuntime', 'registries'],
      [{ registry: 'reg.lab', endpoint: 'https://reg.lab', ...registry }],
    ])

  it.each([
    [
      { username: 'me', passwordFrom: { env: 'REG' } },
      { username: 'me', password: { env: 'REG' } },
    ],
    [
      { username: 'me', passwordFrom: { file: '~/reg' } },
      { username: 'me', password: { file: '/home/ops/reg' } },
    ],
  ])('%j refers to where its password is', (fields, login) => {
    expect(parse(withRegistry(fields)).cluster.containerRuntime.registries).toEqual([
      { registry: 'reg.lab', endpoint: 'https://reg.lab', login },
    ])
  })

  it.each<[object, RegExp]>([
    [{ username: 'me' }, /a login without passwordFrom; give both/],
    [{ passwordFrom: { env: 'REG' } }, /a login without username; give both/],
    [{ username: 'me', passwordFrom: {} }, /no place is given; give one of env and file/],
    [{ username: 'me', passwordFrom: { env: 'A', file: 'b' } }, /more than one place is given/],
    [
      { username: 'me', password: 'hunter2' },
      /a password in the cluster file is not supported; say where the password is: passwordFrom/,
    ],
    [{ username: 'a:b', passwordFrom: { env: 'REG' } }, /is not a user name, which has no colon/],
    [{ username: 'me', passwordFrom: { prompt: true } }, /prompt/],
  ])('%j is rejected', (fields, expected) => {
    expect(problemTexts(withRegistry(fields))).toContainEqual(expect.stringMatching(expected))
  })

  it('over plain HTTP causes a warning', () => {
    const text = withRegistry({ endpoint: 'http://reg.lab', username: 'me', passwordFrom: { env: 'REG' } })
    expect(warningTexts(text)).toEqual([
      'spec.containerRuntime.registries[0].endpoint: the password would be sent unencrypted; use https',
    ])
  })
})
