/** Checks of Kubernetes itself: the version, the endpoint, and what the user lays over kubeadm's configuration. */
import { isQuorateError } from '../../../errors/index.js'
import { parseIpAddress } from '../../ip-address.js'
import { emitDocument, patchDocument, type DocumentKind } from '../../kubeadm/documents.js'
import { isPlainObject, type PlainObject } from '../../merge.js'
import { findMinorFacts, supportedRange, SUPPORTED_MINORS, type MinorFacts } from '../../supported-minors.js'
import { parseEndpoint } from '../endpoint.js'
import { objectAt, type Outline } from '../outline.js'
import type { FieldPath, Finding } from '../problem.js'
import { problem, warning } from './finding.js'

const KUBERNETES = ['spec', 'kubernetes'] as const

/** All checks of Kubernetes. */
export function checkKubernetes(file: Outline): readonly Finding[] {
  return [...versionFindings(file), ...endpointFindings(file), ...kubeadmFindings(file)]
}

function versionFindings({ version }: Outline): readonly Finding[] {
  const path = [...KUBERNETES, 'version']
  const minor = version?.minor
  // `stable` has no minor of its own; the one that it resolves to is checked then.
  if (version === undefined || minor === undefined) return []
  const facts = minorFactsOf(version)
  const name = `1.${minor}`
  if (facts === undefined) {
    return [problem(path, `Kubernetes ${name} is not supported`, `supported are ${supportedRange()}`)]
  }
  if (facts.tested) return []
  const tested = SUPPORTED_MINORS.filter((minorFacts) => minorFacts.tested).map((known) => `1.${known.minor}`)
  return [
    warning(path, `Kubernetes ${name} is supported but not tested`, `tested are ${tested.join(' and ')}`),
  ]
}

function minorFactsOf(version: NonNullable<Outline['version']>): MinorFacts | undefined {
  if ('major' in version) return findMinorFacts(version)
  return SUPPORTED_MINORS.find(({ minor }) => minor === version.minor)
}

function endpointFindings({ endpoint }: Outline): readonly Finding[] {
  const host = endpoint === undefined ? undefined : parseEndpoint(endpoint)?.host
  if (host === undefined || parseIpAddress(host) === undefined) return []
  return [
    warning(
      [...KUBERNETES, 'controlPlaneEndpoint'],
      `the endpoint ${host} is an IP address, which can never be moved`,
      'a DNS name can follow the load balancer to another address',
    ),
  ]
}

const KINDS: Readonly<Record<string, DocumentKind>> = {
  clusterConfiguration: 'ClusterConfiguration',
  initConfiguration: 'InitConfiguration',
  joinConfiguration: 'JoinConfiguration',
  kubeletConfiguration: 'KubeletConfiguration',
  kubeProxyConfiguration: 'KubeProxyConfiguration',
}

// What Quorate relies upon elsewhere too: changed here alone, kubeadm would do something else than Quorate expects.
const SET_ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  clusterConfiguration: {
    clusterName: 'metadata.name sets it',
    kubernetesVersion: 'kubernetes.version sets it',
    controlPlaneEndpoint: 'kubernetes.controlPlaneEndpoint sets it',
    imageRepository: 'kubernetes.imageRepository sets it',
    networking: 'kubernetes.networking sets it',
    'apiServer.certSANs': 'kubernetes.certSANs adds to them',
    certificatesDir: 'Quorate relies on /etc/kubernetes/pki',
    'etcd.external': 'spec.etcd sets it',
    'etcd.local.dataDir': 'Quorate relies on /var/lib/etcd',
  },
  initConfiguration: {
    bootstrapTokens: 'Quorate makes tokens itself',
    certificateKey: 'Quorate copies certificates itself',
    'nodeRegistration.name': "the host's name sets it",
    'nodeRegistration.taints': 'hosts[].taints sets them',
    'nodeRegistration.criSocket': 'Quorate relies on containerd',
    'localAPIEndpoint.advertiseAddress': "the host's internalAddress sets it",
  },
  joinConfiguration: {
    discovery: 'Quorate makes tokens itself',
    'nodeRegistration.name': "the host's name sets it",
    'nodeRegistration.taints': 'hosts[].taints sets them',
    'nodeRegistration.criSocket': 'Quorate relies on containerd',
    'controlPlane.localAPIEndpoint': "the host's internalAddress and initConfiguration's bindPort set it",
    'controlPlane.certificateKey': 'Quorate copies certificates itself',
  },
}
const EVERY_DOCUMENT: Readonly<Record<string, string>> = {
  apiVersion: 'the Kubernetes version sets it',
  kind: 'the name of the section says it',
}

function kubeadmFindings(file: Outline): readonly Finding[] {
  return Object.entries(KINDS).flatMap(([section, kind]) => {
    const path: FieldPath = [...KUBERNETES, 'kubeadm', section]
    const patch = objectAt(file.kubeadm, section)
    return [...fieldsSetElsewhere(path, section, patch), ...patchFindings(file, path, kind, patch)]
  })
}

function fieldsSetElsewhere(path: FieldPath, section: string, patch: PlainObject): readonly Finding[] {
  const table = { ...EVERY_DOCUMENT, ...SET_ELSEWHERE[section] }
  return Object.entries(table)
    .map(([field, reason]) => ({ fields: field.split('.'), reason }))
    .filter(({ fields }) => hasField(patch, fields))
    .map(({ fields, reason }) => ({
      ...problem([...path, ...fields], 'can not be set here', `remove it: ${reason}`),
      atKey: true,
    }))
}

function hasField(value: unknown, [field = '', ...rest]: readonly string[]): boolean {
  if (!isPlainObject(value) || !Object.hasOwn(value, field)) return false
  return rest.length === 0 || hasField(value[field], rest)
}

function patchFindings(
  { version }: Outline,
  path: FieldPath,
  kind: DocumentKind,
  patch: PlainObject,
): readonly Finding[] {
  const facts = version === undefined ? undefined : minorFactsOf(version)
  try {
    emitDocument(patchDocument({ kind, body: {} }, patch), facts?.kubeadmApi ?? 'v1beta4')
    return []
  } catch (error) {
    if (!isQuorateError(error)) throw error
    return [problem(path, error.message, 'write extra arguments as a map, e.g. { v: "4" }')]
  }
}
