/**
 * The documents that kubeadm reads, as one internal model. Each is built once, patched by the user, and written for the
 * API version that the Kubernetes version's kubeadm expects.
 */
import { isPlainObject, mergeDeep, type PlainObject } from '../../values/merge.js'
import type { KubeadmPatch } from '../../cluster/model.js'
import type { KubeadmApi } from '../../cluster/supported-minors.js'
import { emitExtraArguments, mergeExtraArguments, type ExtraArgument } from './extra-arguments.js'

/** The kinds of documents that Quorate writes. */
export type DocumentKind =
  | 'InitConfiguration'
  | 'ClusterConfiguration'
  | 'JoinConfiguration'
  | 'KubeletConfiguration'
  | 'KubeProxyConfiguration'
  | 'UpgradeConfiguration'

/** A document before it is written. Its extra arguments are lists of {@link ExtraArgument}. */
export interface KubeadmDocument {
  readonly kind: DocumentKind
  readonly body: PlainObject
}

// Where each kind has extra arguments. Their form is what differs between v1beta3 and v1beta4.
const ARGUMENT_FIELDS: Readonly<Record<DocumentKind, readonly string[]>> = {
  InitConfiguration: ['nodeRegistration.kubeletExtraArgs'],
  JoinConfiguration: ['nodeRegistration.kubeletExtraArgs'],
  ClusterConfiguration: [
    'apiServer.extraArgs',
    'controllerManager.extraArgs',
    'scheduler.extraArgs',
    'etcd.local.extraArgs',
  ],
  KubeletConfiguration: [],
  KubeProxyConfiguration: [],
  UpgradeConfiguration: [],
}

const COMPONENT_API: Readonly<Partial<Record<DocumentKind, string>>> = {
  KubeletConfiguration: 'kubelet.config.k8s.io/v1beta1',
  KubeProxyConfiguration: 'kubeproxy.config.k8s.io/v1alpha1',
}

/**
 * The document with the user's patch applied: objects merge, lists and scalars replace, null removes, and extra
 * arguments merge by name.
 */
export function patchDocument(document: KubeadmDocument, patch: KubeadmPatch): KubeadmDocument {
  const fields = ARGUMENT_FIELDS[document.kind]
  const body = mergeDeep(document.body, patch, (path, base, users) => {
    const field = path.join('.')
    if (!fields.includes(field)) return undefined
    return mergeExtraArguments((base ?? []) as readonly ExtraArgument[], users, field)
  })
  return { kind: document.kind, body }
}

/** The document as it is written for an API version, with `apiVersion` and `kind`. */
export function emitDocument(document: KubeadmDocument, api: KubeadmApi): PlainObject {
  const apiVersion = COMPONENT_API[document.kind] ?? `kubeadm.k8s.io/${api}`
  return { apiVersion, kind: document.kind, ...emitFields(document, api) }
}

function emitFields({ kind, body }: KubeadmDocument, api: KubeadmApi): PlainObject {
  return ARGUMENT_FIELDS[kind].reduce(
    (emitted, field) =>
      replaceAt(emitted, field.split('.'), (value) =>
        emitExtraArguments(api, value as readonly ExtraArgument[], field),
      ),
    body,
  )
}

function replaceAt(
  object: PlainObject,
  [key = '', ...rest]: readonly string[],
  replace: (value: unknown) => unknown,
): PlainObject {
  const value = object[key]
  if (value === undefined) return object
  if (rest.length === 0) return { ...object, [key]: replace(value) }
  return isPlainObject(value) ? { ...object, [key]: replaceAt(value, rest, replace) } : object
}
