/** `kubeadm upgrade` on a host, as a unit. What a killed run left is put in order before the next one starts. */
import { renderUpgradeConfiguration, waivedChecks } from '../../configuration/kubeadm/render-upgrade.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { command, expectSuccess, script } from '../../ssh/index.js'
import { runDurably } from '../durable.js'
import type { HostContext } from '../context.js'
import { unitVersion } from '../packages/kubernetes.js'
import { blamingTheDisk } from '../system/disk-state.js'
import { kubeadmError } from './errors.js'
import { expectedComponents } from './manifests.js'

/** `apply` upgrades the cluster's record with the first control plane; `node` follows that record. */
export type UpgradeMode = 'apply' | 'node'

/** A run of `kubeadm upgrade`. */
interface KubeadmUpgrade {
  /** Tells the unit from others of the same version. */
  readonly purpose?: 'addons'
  /** Clears the way, and says which subcommand it must be; called only when kubeadm is about to be started. */
  readonly prepare: () => Promise<UpgradeMode>
}

/** The exit status where a manifest is missing. */
const NO_MANIFEST = 71

// kubeadm takes a host without a manifest of the API server for a worker, and then succeeds without upgrading anything.
// $1: the version, $2: the checks to waive, for a kubeadm that reads no file; the rest: components with a manifest.
const RUN = `
version=$1 waived=$2
shift 2
mode=$(cat "$QUORATE_SECRETS/mode")
for name in "$@"; do
  if [ ! -e "${HOST_PATHS.manifests}/$name.yaml" ]; then
    echo "the manifest of $name is missing" >&2
    exit ${NO_MANIFEST}
  fi
done
if [ "$mode" = apply ]; then set -- apply "$version" -y; else set -- node; fi
if [ -s "$QUORATE_SECRETS/kubeadm.yaml" ]; then set -- "$@" --config "$QUORATE_SECRETS/kubeadm.yaml"
elif [ -n "$waived" ]; then set -- "$@" "--ignore-preflight-errors=$waived"; fi
exec kubeadm upgrade "$@"`

/** The name of the unit that upgrades a host to the version of the cluster. */
export function upgradeUnit(version: string, purpose?: KubeadmUpgrade['purpose']): string {
  return ['kubeadm-upgrade', ...(purpose === undefined ? [] : [purpose]), unitVersion(version)].join('-')
}

/**
 * Runs kubeadm, or attaches to it if it was started before.
 * @throws QuorateError as kubeadmError, or `UNIT_INTERRUPTED` where a manifest was missing: the next attempt puts it back.
 */
export async function runKubeadmUpgrade(
  context: HostContext,
  { purpose, prepare }: KubeadmUpgrade,
): Promise<void> {
  const { cluster, host } = context
  const { version } = cluster.kubernetes
  const title = 'kubeadm upgrade'
  const components = host.role === 'control-plane' ? expectedComponents(cluster) : []
  await blamingTheDisk(context, () =>
    runDurably(context, {
      unit: upgradeUnit(version, purpose),
      title,
      command: script(RUN, version, waivedChecks(cluster).join(','), ...components),
      // On a worker it leaves nothing to look for.
      once: host.role === 'worker',
      prepare: async () => ({
        mode: await prepare(),
        'kubeadm.yaml': renderUpgradeConfiguration(cluster),
      }),
      failure: (exitCode, output, ordinal) =>
        exitCode === NO_MANIFEST
          ? context.error(
              'UNIT_INTERRUPTED',
              'a manifest is missing: kubeadm was killed while replacing it',
              {
                step: title,
              },
            )
          : kubeadmError(host, title, { exitCode, output, ordinal }),
    }),
  )
}

/** Writes the configuration that the cluster keeps for kubelets to the host; a kubelet reads it when it starts. */
export async function writeKubeletConfiguration({ session, host, report }: HostContext): Promise<void> {
  report('kubeadm upgrade node phase kubelet-config')
  const run = command('kubeadm', 'upgrade', 'node', 'phase', 'kubelet-config')
  const result = await session.run(run, { root: true, timeoutMs: 120_000 })
  expectSuccess(result, 'writing the configuration of kubelet', host)
}
