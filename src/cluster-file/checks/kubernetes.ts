/** Checks Kubernetes itself: the version, the endpoint, and the user's overrides of kubeadm's configuration. */
import { parseIpAddress } from '../../values/ip-address.js'
import {
  findMinorFacts,
  supportedRange,
  SUPPORTED_MINORS,
  type MinorFacts,
} from '../../cluster/supported-minors.js'
import { parseEndpoint } from '../../cluster/endpoint.js'
import { objectAt, type Outline } from '../lenient.js'
import { argumentsAt } from './extra-arguments.js'
import type { Finding } from '../problem.js'
import { problem, warning } from './finding.js'
import { kubeadmFindings } from './kubeadm/patches.js'

const KUBERNETES = ['spec', 'kubernetes'] as const

export function checkKubernetes(file: Outline): readonly Finding[] {
  const { version } = file
  const facts = version === undefined ? undefined : minorFactsOf(version)
  return [
    ...versionFindings(file),
    ...endpointFindings(file),
    ...ownDomainFindings(file),
    ...kubeadmFindings(file, facts?.kubeadmApi ?? 'v1beta4'),
    ...givenTwice(file),
  ]
}

/** Flags of the API server that fields of their own set: by flag, the field. */
const FIELD_OF_FLAG = {
  'audit-policy-file': 'auditPolicy',
  'encryption-provider-config': 'encryptionAtRest',
} as const

function givenTwice(file: Outline): readonly Finding[] {
  const path = [...KUBERNETES, 'kubeadm', 'clusterConfiguration', 'apiServer', 'extraArgs']
  const given = argumentsAt(
    objectAt(objectAt(file.kubeadm, 'clusterConfiguration'), 'apiServer')['extraArgs'],
    path,
  )
  return Object.entries(FIELD_OF_FLAG).flatMap(([flag, field]) => {
    if (file[field] === undefined) return []
    return given
      .filter(({ name }) => name === flag)
      .map((one) => ({
        ...problem(one.path, `kubernetes.${field} sets it`, 'remove one of the two'),
        atKey: true,
      }))
  })
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
      `the endpoint ${host} is an IP address, which can never change`,
      'a DNS name can follow the load balancer to another address',
    ),
  ]
}

/** CoreDNS answers for the whole domain, and knows nothing but services and pods. */
function ownDomainFindings({ endpoint, dnsDomain }: Outline): readonly Finding[] {
  const host = endpoint === undefined ? undefined : parseEndpoint(endpoint)?.host
  if (host === undefined || dnsDomain === undefined || !`.${host}`.endsWith(`.${dnsDomain}`)) return []
  return [
    warning(
      [...KUBERNETES, 'networking', 'dnsDomain'],
      `the endpoint ${host} is inside ${dnsDomain}: pods cannot resolve it, as the cluster's own DNS answers for the whole domain`,
      'use a domain that nothing else uses, such as cluster.local',
    ),
  ]
}
