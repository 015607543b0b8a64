import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { readAdminAccess } from '../../../../src/client/kubeconfig/check.js'
import { mergeKubeconfig, type MergeOptions } from '../../../../src/client/kubeconfig/merge.js'
import { adminConf } from './support.js'

const OTHERS = `apiVersion: v1
kind: Config
# the cluster at work
clusters:
- name: work
  cluster: {server: "https://work:6443", certificate-authority-data: WORK}
users:
- name: alice
  user: {exec: {command: login}}
contexts:
- name: work
  context: {cluster: work, user: alice, namespace: team}
current-context: work
preferences: {colors: true}
`

function merged(text: string, options: Partial<MergeOptions> = {}, conf = adminConf()): string {
  return mergeKubeconfig(text, readAdminAccess(conf), {
    name: 'prod',
    path: 'config',
    setCurrent: false,
    force: false,
    ...options,
  })
}

interface Config {
  readonly clusters: readonly { name: string; cluster: object }[]
  readonly contexts: readonly { name: string; context: object }[]
  readonly users: readonly object[]
  readonly 'current-context'?: string
}

describe('a cluster merged into a kubeconfig', () => {
  it('leaves the other clusters, their comments and the current context unchanged', () => {
    const text = merged(OTHERS)
    const before = parse(OTHERS) as Config
    const after = parse(text) as Config
    expect(after).toMatchObject({
      ...before,
      clusters: [before.clusters[0], {}],
      contexts: [before.contexts[0], {}],
      users: [before.users[0], {}],
    })
    expect(text).toContain('# the cluster at work')
    expect(after.contexts[1]).toEqual({ name: 'prod', context: { cluster: 'prod', user: 'prod-admin' } })
  })

  it('starts a new file if there is none, without choosing a context', () => {
    expect(parse(merged(''))).toMatchObject({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'prod' }],
    })
    expect(parse(merged(''))).not.toHaveProperty('current-context')
  })

  it('becomes the current context on request', () => {
    expect(parse(merged(OTHERS, { setCurrent: true }))).toMatchObject({ 'current-context': 'prod' })
  })

  it('can have another name', () => {
    expect((parse(merged(OTHERS, { name: 'eu' })) as Config).contexts[1]).toEqual({
      name: 'eu',
      context: { cluster: 'eu', user: 'eu-admin' },
    })
  })

  it('replaces its own older entries and keeps the namespace of its context', () => {
    const before = merged(OTHERS).replace('user: prod-admin', 'user: prod-admin\n      namespace: shop')
    const after = parse(merged(before, {}, adminConf({ user: { 'client-key-data': 'NEW' } }))) as Config
    expect(after.clusters.map(({ name }) => name)).toEqual(['work', 'prod'])
    expect(after.contexts[1]?.context).toEqual({ cluster: 'prod', user: 'prod-admin', namespace: 'shop' })
    expect(after.users[1]).toMatchObject({ user: { 'client-key-data': 'NEW' } })
  })

  it('never replaces another cluster', () => {
    expect(() => merged(OTHERS, { name: 'work' })).toThrow(
      'config has another cluster work (https://work:6443)',
    )
  })

  it('replaces another cluster if forced', () => {
    const after = parse(merged(OTHERS, { name: 'work', force: true })) as Config
    expect(after.clusters).toMatchObject([{ name: 'work', cluster: { 'certificate-authority-data': 'CA' } }])
  })

  it.each(['{', 'just text', 'kind: Pod\n', '[]'])(
    'is not added to %j, which is not a kubeconfig',
    (text) => {
      expect(() => merged(text)).toThrow('config is not a kubeconfig')
    },
  )
})
