/** What to do about an error once its step is parked: a retry then uses the cluster file that the run started with. */
import type { ErrorCode } from './registry.js'

/** Errors whose cause is or may be in the cluster file. */
const CAUSED_BY_FILE: readonly ErrorCode[] = [
  'ETCD_CLIENT_FILES_MISSING',
  'HOST_CHANGED',
  'IMAGES_FAILED',
  'INTERFACE_NOT_FOUND',
  'KUBEADM_CONFIG_INVALID',
  'KUBEADM_PREFLIGHT_FAILED',
  'MANIFEST_CHANGED',
  'MANIFEST_REJECTED',
  'MANIFEST_UNREACHABLE',
  'NODE_NAME_TAKEN',
  'PACKAGES_FAILED',
  'PACKAGE_MISSING',
  'SSH_NAME_NOT_RESOLVED',
  'VERSION_NOT_RESOLVED',
]

const OWN_FILE =
  'a retry uses the cluster file that this run started with: if you change the file, run `quorate resume --abort`, then `quorate apply`'

/** The hint of an error whose step is parked. */
export function hintWhenParked({ code, hint }: { readonly code: ErrorCode; readonly hint: string }): string {
  return CAUSED_BY_FILE.includes(code) && !hint.endsWith(OWN_FILE) ? `${hint}; ${OWN_FILE}` : hint
}
