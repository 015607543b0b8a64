/**
 * How a cluster gets from the layout that its API servers have to another one. At any moment some of them may have the
 * layout before and some the one after, and a crash may leave them so: none ever writes with a key that another lacks, and
 * none gives up a key that a value in etcd may still need. Source: Kubernetes' page "Encrypting Confidential Data at Rest".
 */
import { writersOf, type Layout } from '../../cluster/encryption-layout.js'

/** The next thing to do. */
export type Stage =
  /** Give every API server this layout, one after the other. */
  | { readonly kind: 'roll'; readonly layout: Layout }
  /** Write every value again that its resource's first key has not written. */
  | { readonly kind: 'rewrite' }
  | { readonly kind: 'done' }

/**
 * The next stage. Whatever has happened before, these facts alone decide it.
 * @param running the layout of each API server of the cluster, none left out.
 * @param isRewritten whether every value was seen to be written by the target's first keys while every API server wrote
 *   with these.
 */
export function nextStage(running: readonly Layout[], target: Layout, isRewritten: boolean): Stage {
  const resources = [...new Set([target, ...running].flatMap((layout) => Object.keys(layout)))].sort()
  const all = resources.map((resource) => {
    const lists = running.map((layout) => writersOf(layout, resource))
    const wanted = writersOf(target, resource)
    return { resource, lists, wanted, writer: wanted[0] ?? '', first: lists[0]?.[0] ?? '' }
  })
  type Resource = (typeof all)[number]
  const every = (holds: (list: readonly string[], of: Resource) => boolean) =>
    all.every((of) => of.lists.every((list) => holds(list, of)))
  // What any of them reads, all of them go on reading.
  const layoutWith = (begin: (of: Resource) => readonly string[]): Layout =>
    Object.fromEntries(all.map((of) => [of.resource, [...new Set([...begin(of), ...of.lists.flat()])]]))
  if (!every((list, { writer }) => list.includes(writer))) {
    return { kind: 'roll', layout: layoutWith(({ first, writer }) => [first, writer]) }
  }
  if (!every((list, { writer }) => list[0] === writer)) {
    return { kind: 'roll', layout: layoutWith(({ writer }) => [writer]) }
  }
  if (!isRewritten) return { kind: 'rewrite' }
  const isTarget = every((list, { wanted }) => list.join() === wanted.join())
  return isTarget ? { kind: 'done' } : { kind: 'roll', layout: target }
}
