/** Checks how hosts are reached, across several fields: where secrets are, names of jump hosts, keys. */
import { isUrl } from '../../cluster/names.js'
import type { Outline } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import type { ClusterFile } from '../schema.js'
import { problem, repetitions, warning } from './finding.js'

/** Checks that work even if the shape of the file is wrong. */
export function checkKeys(file: Outline): readonly Finding[] {
  const keys: readonly (readonly [FieldPath, string | undefined])[] = [
    [['spec', 'ssh', 'identityFile'], file.identityFile],
    ...file.hosts.map(
      (host) => [['spec', 'hosts', host.index, 'ssh', 'identityFile'], host.identityFile] as const,
    ),
  ]
  return keys
    .filter(([, key]) => key?.endsWith('.pub') === true)
    .map(([path, key]) => problem(path, `${show(key)} is a public key`, 'name the private key, without .pub'))
}

/** Checks of a file whose shape is right. */
export function checkSsh({ spec }: ClusterFile): readonly Finding[] {
  const places: readonly (readonly [FieldPath, Partial<Secrets>])[] = [
    [['spec', 'ssh'], spec.ssh],
    ...spec.hosts.map((host, index) => [['spec', 'hosts', index, 'ssh'], host.ssh] as const),
    ...spec.jumpHosts.map((jump, index) => [['spec', 'jumpHosts', index, 'ssh'], jump.ssh] as const),
  ]
  const jumpHosts = spec.jumpHosts.map(({ name }, index) => ({ name, index }))
  const hosts = new Set(spec.hosts.map(({ name }) => name))
  return [
    ...places.flatMap(([path, ssh]) => [
      ...oneSource([...path, 'passwordFrom'], ssh.passwordFrom),
      ...oneSource([...path, 'sudoPasswordFrom'], ssh.sudoPasswordFrom),
    ]),
    ...repetitions(jumpHosts, ({ name }) => name).map(({ item }) => taken(item)),
    ...jumpHosts.filter(({ name }) => hosts.has(name)).map(taken),
  ]
}

type Secrets = Pick<ClusterFile['spec']['ssh'], 'passwordFrom' | 'sudoPasswordFrom'>

/** Checks logins to registries: each needs a user name and one place for the password. */
export function checkRegistryLogins({ spec }: ClusterFile): readonly Finding[] {
  return spec.containerRuntime.registries.flatMap(({ username, passwordFrom, endpoint }, index) => {
    const path: FieldPath = ['spec', 'containerRuntime', 'registries', index]
    if ((username === undefined) !== (passwordFrom === undefined)) {
      const missing = username === undefined ? 'username' : 'passwordFrom'
      return [problem(path, `a login without ${missing}`, 'give both username and passwordFrom, or neither')]
    }
    return [
      ...oneSource([...path, 'passwordFrom'], passwordFrom, 'env and file'),
      ...(username !== undefined && isUrl(endpoint, ['http'])
        ? [warning([...path, 'endpoint'], 'the password would be sent unencrypted', 'use https')]
        : []),
    ]
  })
}

function oneSource(
  path: FieldPath,
  source: Secrets['passwordFrom'],
  places = 'env, file and prompt',
): readonly Finding[] {
  if (source === undefined || Object.keys(source).length === 1) return []
  const count = Object.keys(source).length
  return [problem(path, `${count === 0 ? 'no' : 'more than one'} place is given`, `give one of ${places}`)]
}

function taken({ name, index }: { readonly name: string; readonly index: number }): Finding {
  return problem(
    ['spec', 'jumpHosts', index, 'name'],
    `the name ${show(name)} is taken`,
    'give each host a name of its own; proxyJump can name a host of the cluster directly',
  )
}
