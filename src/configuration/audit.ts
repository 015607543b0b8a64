/** The audit log of API servers: the policy's file, and what the ClusterConfiguration says about both. */
import { HOST_PATHS } from '../cluster/host-paths.js'
import type { AuditPolicy } from '../cluster/model.js'
import type { ExtraArgument } from './kubeadm/extra-arguments.js'

/** Where the policy is on control planes; the API server's container has it at the same place. */
export const AUDIT_FOLDER = `${HOST_PATHS.apiServerFiles}/audit`

/** Where the API server writes. The folder stays when the policy is taken out. */
const LOG_FOLDER = '/var/log/kubernetes/audit'

/**
 * How long and how much is kept, unless the cluster file sets these arguments: 30 days, and 11 files of 100 MB. API servers
 * themselves would never rotate the log. Source: kube-apiserver's `--audit-log-*`.
 */
const ROTATION: readonly ExtraArgument[] = [
  { name: 'audit-log-maxage', value: '30' },
  { name: 'audit-log-maxbackup', value: '10' },
  { name: 'audit-log-maxsize', value: '100' },
]

/**
 * The policy's file. API servers read it only when they start: its name has part of its digest, so that another policy is
 * another argument, with which they restart one after the other.
 */
export function auditPolicyPath({ digest }: AuditPolicy): string {
  return `${AUDIT_FOLDER}/policy-${digest.slice(0, 12)}.yaml`
}

/** The API server's arguments and volumes for the policy. */
export function auditSettings(policy: AuditPolicy): {
  readonly extraArgs: readonly ExtraArgument[]
  readonly extraVolumes: readonly ExtraVolume[]
} {
  return {
    extraArgs: [
      { name: 'audit-policy-file', value: auditPolicyPath(policy) },
      { name: 'audit-log-path', value: `${LOG_FOLDER}/audit.log` },
      ...ROTATION,
    ],
    extraVolumes: [
      mount('quorate-audit-policy', AUDIT_FOLDER, true),
      mount('quorate-audit-log', LOG_FOLDER, false),
    ],
  }
}

/** A folder of the host in a component's container, as kubeadm's HostPathMount. */
export interface ExtraVolume {
  readonly name: string
  readonly hostPath: string
  readonly mountPath: string
  readonly readOnly: boolean
  readonly pathType: 'DirectoryOrCreate'
}

function mount(name: string, folder: string, readOnly: boolean): ExtraVolume {
  return { name, hostPath: folder, mountPath: folder, readOnly, pathType: 'DirectoryOrCreate' }
}
