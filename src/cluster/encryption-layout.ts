/**
 * Which key API servers write the values of each resource into etcd with, and which ones they read. A layout has a name,
 * which says all of it but the keys themselves: workflows, arguments and the cluster's record know layouts by their names.
 */
import type { EncryptionAtRest } from './model.js'

/** Writes and reads values as they are. */
export const IDENTITY = 'identity'

/**
 * By resource: the keys by their names, or `identity`. The first one writes, all of them read. A resource that is not
 * named is written and read as it is.
 */
export type Layout = Readonly<Record<string, readonly string[]>>

/** The name of a cluster's layout that encrypts nothing. */
export const NO_ENCRYPTION = ''

/** The name of the key that a cluster file asks for: `secretbox-1`. */
function keyName({ provider, rotation }: EncryptionAtRest): string {
  return `${provider}-${rotation}`
}

/** The kind of provider that a key is for. */
export function providerOf(key: string): string {
  return key.slice(0, key.lastIndexOf('-'))
}

/** The layout that a cluster file asks for. Values that were written before it, as in an old snapshot, stay readable. */
export function targetLayout(encryption: EncryptionAtRest | undefined): Layout {
  if (encryption === undefined) return {}
  return Object.fromEntries(encryption.resources.map((name) => [name, [keyName(encryption), IDENTITY]]))
}

/** What a cluster file says to ask for the layout's first keys; undefined if it encrypts nothing. */
export function encryptionOf(layout: Layout): EncryptionAtRest | undefined {
  const [key] = keysIn(layout).filter((name) => Object.values(layout).some(([writer]) => writer === name))
  if (key === undefined) return undefined
  const resources = Object.keys(layout).filter((resource) => layout[resource]?.[0] === key)
  const rotation = Number(key.slice(key.lastIndexOf('-') + 1))
  return {
    resources: resources.sort(),
    provider: providerOf(key) === 'aescbc' ? 'aescbc' : 'secretbox',
    rotation,
  }
}

/** The keys that read and write a resource. */
export function writersOf(layout: Layout, resource: string): readonly string[] {
  return layout[resource] ?? [IDENTITY]
}

/** The names of the keys in a layout. */
export function keysIn(layout: Layout): readonly string[] {
  return [...new Set(Object.values(layout).flat())].filter((name) => name !== IDENTITY).sort()
}

/**
 * The layout's name: `configmaps+secrets=secretbox-1+identity`, with commas between resources of different keys. It is
 * also the name of a file. Empty for a layout that encrypts nothing.
 */
export function layoutName(layout: Layout): string {
  const groups = new Map<string, string[]>()
  for (const resource of Object.keys(layout).sort()) {
    const writers = writersOf(layout, resource).join('+')
    if (writers !== IDENTITY) groups.set(writers, [...(groups.get(writers) ?? []), resource])
  }
  return [...groups].map(([writers, resources]) => `${resources.join('+')}=${writers}`).join()
}

const NAME = '[a-z0-9][a-z0-9.-]*'
const GROUP = `${NAME}(?:\\+${NAME})*`
const LAYOUT = new RegExp(`^${GROUP}=${GROUP}(?:,${GROUP}=${GROUP})*$`)

/** The layout of that name; undefined if it is no layout's name. */
export function parseLayout(name: string): Layout | undefined {
  if (name === NO_ENCRYPTION) return {}
  if (!LAYOUT.test(name)) return undefined
  const groups = name.split(',').map((group) => group.split('=').map((part) => part.split('+')))
  return Object.fromEntries(
    groups.flatMap(([resources = [], writers = []]) => resources.map((one) => [one, writers])),
  )
}
