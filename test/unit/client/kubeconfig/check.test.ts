import { parse, stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { readAdminAccess, renderKubeconfig } from '../../../../src/client/kubeconfig/check.js'
import { adminConf } from './support.js'

describe("a host's admin.conf", () => {
  it('provides the server, CA, certificate and key under a name of our own', () => {
    expect(parse(renderKubeconfig(readAdminAccess(adminConf()), 'prod'))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'prod',
          cluster: { server: 'https://api.prod.lab:6443', 'certificate-authority-data': 'CA' },
        },
      ],
      users: [{ name: 'prod-admin', user: { 'client-certificate-data': 'CERT', 'client-key-data': 'KEY' } }],
      contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'prod-admin' } }],
      'current-context': 'prod',
    })
  })

  it.each([
    [
      'run a program',
      { exec: { command: 'sh', args: ['-c', 'evil'], apiVersion: 'client.authentication.k8s.io/v1' } },
    ],
    ['ask a plugin', { 'auth-provider': { name: 'gcp' } }],
    ['read a file', { tokenFile: '/home/alice/.ssh/id_ed25519' }],
    ['act as somebody else', { as: 'alice' }],
  ])('is rejected if it would make kubectl %s', (_what, user) => {
    expect(() => readAdminAccess(adminConf({ user }))).toThrow(/admin\.conf has \S+ in users/)
  })

  it.each([
    ['no YAML', '\u0000{'],
    ['nothing', ''],
    ['a list', '- a'],
    ['no users', stringify({ clusters: [{ name: 'a', cluster: { server: 'x' } }] })],
    [
      'two clusters',
      stringify({
        clusters: [
          { name: 'a', cluster: {} },
          { name: 'b', cluster: {} },
        ],
      }),
    ],
  ])('is rejected if it is %s', (_what, text) => {
    expect(() => readAdminAccess(text)).toThrow(/does not have one entry/)
  })
})
