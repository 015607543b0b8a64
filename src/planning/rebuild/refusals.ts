/** Why a cluster is not rebuilt: found before anything is changed. Pure. */
import { keysIn, layoutName, parseLayout, targetLayout } from '../../cluster/encryption-layout.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { etcdPlace, formatEndpoint, type Cluster } from '../../cluster/model.js'
import { KEYS_FOLDER, layoutIn } from '../../configuration/encryption.js'
import { CLUSTER_KEYS } from '../../configuration/pki.js'
import { hasPath, type HostFacts } from '../../facts/facts.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { ELSEWHERE } from '../restore/refusals.js'
import type { ArchivedCluster } from './archived-cluster.js'

/** What is decided from. */
export interface RebuildScene {
  readonly file: Cluster
  /** The file's, without workers and with the version of the archive. */
  readonly target: Cluster
  readonly facts: readonly HostFacts[]
  readonly archived: ArchivedCluster
}

type Refusal = (scene: RebuildScene) => readonly PreflightFinding[]

/** Everything that forbids the rebuild, besides what an apply would refuse. */
export function rebuildProblems(scene: RebuildScene): readonly PreflightFinding[] {
  const place = etcdPlace(scene.file)
  if (place !== 'control-planes') return [refusal(ELSEWHERE[place])]
  return [served, remains, foreign, incomplete, otherSettings, otherEncryption].flatMap((one) => one(scene))
}

function refusal(message: string, hint?: string): PreflightFinding {
  return finding('error', 'RESTORE_REFUSED', undefined, message, hint)
}

const served: Refusal = ({ file, archived: { isServed } }) => {
  if (!isServed) return []
  const endpoint = formatEndpoint(file.kubernetes.controlPlaneEndpoint)
  return [
    refusal(
      `an API server answers at ${endpoint}: the cluster is not lost`,
      '`quorate replace` exchanges hosts that are lost; switch control planes off that the cluster file does not have any more',
    ),
  ]
}

/** What only a control plane has. */
const OF_CONTROL_PLANES = [
  HOST_PATHS.etcdMember,
  HOST_PATHS.apiServerManifest,
  HOST_PATHS.etcdManifest,
  HOST_PATHS.caCertificate,
  HOST_PATHS.caKey,
  HOST_PATHS.kubeletConf,
] as const

const HINT_REMAINS =
  'if etcd has data there, `quorate etcd recover` or `quorate etcd restore NAME` goes on with them; if another control plane was rebuilt already, `quorate replace` lets this one join; if nothing of it is needed, `kubeadm reset` makes it bare'

const remains: Refusal = ({ target, facts }) =>
  target.hosts
    .filter(({ role }) => role === 'control-plane')
    .flatMap((host) => {
      const told = facts.find((one) => one.host === host.name)
      const found = OF_CONTROL_PLANES.find((path) => told !== undefined && hasPath(told, path))
      if (found === undefined) return []
      const message = `it is not bare: ${found} is there`
      return [finding('error', 'RESTORE_REFUSED', host, message, HINT_REMAINS)]
    })

const foreign: Refusal = ({ file, archived: { record, caHash } }) => {
  const found = (message: string) => [finding('error', 'SNAPSHOT_FOREIGN', undefined, message)]
  if (record.cluster !== file.name) return found(`${record.name} is of the cluster ${record.cluster}`)
  if (record.caHash !== undefined && caHash !== undefined && record.caHash !== caHash) {
    return found(`${record.name} was taken of a cluster with another CA than the one that is beside it`)
  }
  return []
}

/** Whatever is missing now would be missed when nothing is left to go back to. */
const incomplete: Refusal = ({ archived: { record, files, configuration } }) => {
  const lacking = CLUSTER_KEYS.map(({ path }) => path).filter((path) => !files.includes(path))
  const all = [...lacking, ...(configuration === undefined ? ["kubeadm's ClusterConfiguration"] : [])]
  if (all.length === 0) return []
  return [refusal(`the archive of ${record.name} lacks ${all.join(', ')}`, 'use another archive')]
}

/** What nodes and pods were given, and cannot be another now. */
const otherSettings: Refusal = ({ file, archived: { configuration } }) => {
  if (configuration === undefined) return []
  const { networking, controlPlaneEndpoint } = file.kubernetes
  const pairs: readonly (readonly [string, string, string])[] = [
    ['controlPlaneEndpoint', formatEndpoint(controlPlaneEndpoint), configuration.controlPlaneEndpoint],
    ['networking.podSubnet', networking.podSubnet, configuration.podSubnet],
    ['networking.serviceSubnet', networking.serviceSubnet, configuration.serviceSubnet],
    ['networking.dnsDomain', networking.dnsDomain, configuration.dnsDomain],
  ]
  return pairs
    .filter(([, wanted, had]) => had !== '' && wanted !== had)
    .map(([field, wanted, had]) =>
      refusal(
        `kubernetes.${field} is ${wanted}, and the cluster had ${had}: workers would not find what they know`,
        `set it to ${had}`,
      ),
    )
}

/** Values are read only with the keys that they were written with. */
const otherEncryption: Refusal = ({ file, archived: { record, configuration, files } }) => {
  if (configuration === undefined) return []
  const wanted = layoutName(targetLayout(file.kubernetes.encryptionAtRest))
  const had = layoutIn(configuration.document)
  if (had === undefined) {
    return [
      refusal('encryption at rest was not set up by Quorate', 'docs/etcd-restore.md tells the way by hand'),
    ]
  }
  if (had !== wanted) {
    const message = `kubernetes.encryptionAtRest asks for ${wanted || 'nothing'}, and the cluster had ${had || 'nothing'}`
    return [refusal(message, 'ask for what the cluster had; an apply changes it afterwards')]
  }
  const lacking = keysIn(parseLayout(had) ?? {})
    .map((key) => `${KEYS_FOLDER}/${key}`)
    .filter((path) => !files.includes(path))
  if (lacking.length === 0) return []
  return [refusal(`the archive of ${record.name} lacks ${lacking.join(', ')}`, 'use another archive')]
}
