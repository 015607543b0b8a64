/**
 * Cordoned nodes take no new pods. An annotation tells which of them we have cordoned: what somebody else has cordoned
 * stays as it is.
 */
import type { ClusterApi } from './cluster-api.js'
import type { KubernetesNode } from './nodes.js'

/** On a node that Quorate has cordoned: the operation that did so. */
export const CORDONED_ANNOTATION = 'quorate.dev/cordoned'

/**
 * Makes the node take no new pods. One that takes none already is left as it is.
 * @param operation the operation's ID on hosts.
 * @returns whether it was changed.
 * @throws QuorateError `API_REFUSED` with status 404 if there is no such node.
 */
export function cordon({ core }: ClusterApi, node: string, operation: string): Promise<boolean> {
  return core.nodes.update(node, ({ metadata, spec, ...rest }) =>
    spec?.unschedulable === true
      ? undefined
      : {
          ...rest,
          metadata: {
            ...metadata,
            annotations: { ...metadata.annotations, [CORDONED_ANNOTATION]: operation },
          },
          spec: { ...spec, unschedulable: true },
        },
  )
}

/**
 * Lets the node take pods again, if it was us who cordoned it, in whichever operation.
 * @returns whether it was changed.
 * @throws QuorateError `API_REFUSED` with status 404 if there is no such node.
 */
export function uncordon({ core }: ClusterApi, node: string): Promise<boolean> {
  return core.nodes.update(node, ({ metadata, spec, ...rest }) => {
    const { [CORDONED_ANNOTATION]: ours, ...annotations } = metadata.annotations ?? {}
    if (ours === undefined) return undefined
    const schedulable = { ...spec }
    delete schedulable.unschedulable
    return { ...rest, metadata: { ...metadata, annotations }, spec: schedulable }
  })
}

/** Whether an operation of ours has cordoned the node. */
export function isCordonedByUs({ metadata }: KubernetesNode): boolean {
  return metadata.annotations?.[CORDONED_ANNOTATION] !== undefined
}
