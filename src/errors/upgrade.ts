/** Errors of upgrades: refusals before anything is changed, and steps that cannot go on. */
import type { ErrorDefinition } from './definition.js'

export const UPGRADE_ERRORS = {
  UPGRADE_IS_DOWNGRADE: {
    meaning: 'The target of an upgrade is older than what already runs.',
    source: 'user',
    remedy: 'operator',
    hint: 'name a version that is not older than any control plane; Kubernetes cannot be downgraded in place',
  },
  UPGRADE_PATH_MISSING: {
    meaning: 'There is no way from the running version to the target, one minor at a time.',
    source: 'user',
    remedy: 'operator',
    hint: 'name the releases in between with --via, one for each minor, or choose another target',
  },
  UPGRADE_NEEDS_HOST: {
    meaning: 'An upgrade needs a host that does not answer or is not in the cluster file.',
    source: 'environment',
    remedy: 'operator',
    hint: 'bring the host back, put it into the cluster file, or remove it from the cluster; then upgrade',
  },
  UPGRADE_UNFINISHED: {
    meaning: 'An upgrade of the control planes has begun and is not finished.',
    source: 'user',
    remedy: 'operator',
    hint: 'run `quorate upgrade`, which continues where the upgrade stopped; apply again afterwards',
  },
  UPGRADE_INCOMPLETE: {
    meaning: 'kubeadm reported success, but a component does not run in the new version.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at `crictl ps -a` and at the logs of the component on the host, fix the cause, then retry',
  },
  SKEW_TOO_LARGE: {
    meaning: 'The versions of components would be further apart than Kubernetes supports.',
    source: 'user',
    remedy: 'operator',
    hint: 'upgrade the nodes that are behind first: `quorate upgrade --to` with the version that the control planes run',
  },
  ETCD_JUMP_REFUSED: {
    meaning: 'The upgrade would take etcd from a version to one that etcd does not support after it.',
    source: 'environment',
    remedy: 'operator',
    hint: 'add the image of the version in between to the image repository, then try again; --allow-etcd-jump does without it, at your own risk',
  },
  NODES_UNAVAILABLE: {
    meaning: 'More workers are unavailable than may be at once.',
    source: 'environment',
    remedy: 'operator',
    hint: 'bring the workers that are not Ready back, then retry; --max-unavailable allows more',
  },
} as const satisfies Record<string, ErrorDefinition>
