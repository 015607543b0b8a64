/**
 * The manifests of a control plane, and what an upgrade of kubeadm that was killed leaves of them. kubeadm renames the old
 * manifest into a folder of backups and then the new one into place; killed between, the manifest is gone.
 */
import { expectSuccess, script } from '../../ssh/index.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { Cluster } from '../../cluster/model.js'
import type { HostContext } from '../context.js'

const FOLDER = HOST_PATHS.manifests
/** Where kubeadm renders new manifests and keeps old ones. */
const WORK_FOLDER = `${HOST_PATHS.kubernetes}/tmp`

/** What is seen of the manifests. */
interface Manifests {
  /** The image of each component that has a manifest. */
  readonly images: ReadonlyMap<string, string>
  /** The newest backup of each component that kubeadm has kept one of. */
  readonly backups: ReadonlyMap<string, string>
}

/** The components that a control plane has a manifest of. */
export function expectedComponents({ etcd }: Cluster): readonly string[] {
  const common = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
  return etcd.topology === 'stacked' ? ['etcd', ...common] : common
}

// $1: folder of manifests, $2: kubeadm's working folder; the rest: components. Backups sort by the time in their names.
const LOOK = `
folder=$1 work=$2
shift 2
for name in "$@"; do
  if [ -e "$folder/$name.yaml" ]; then
    printf 'image %s %s\\n' "$name" "$(sed -n 's/^ *image: *//p' "$folder/$name.yaml" | head -n 1)"
  fi
  backup=
  for file in "$work"/kubeadm-backup-manifests-*/"$name.yaml"; do
    if [ -s "$file" ]; then backup=$file; fi
  done
  if [ -n "$backup" ]; then printf 'backup %s %s\\n' "$name" "$backup"; fi
done`

/** Looks at the manifests of the step's host. */
export async function lookAtManifests(context: HostContext): Promise<Manifests> {
  const look = script(LOOK, FOLDER, WORK_FOLDER, ...expectedComponents(context.cluster))
  const result = await context.session.run(look, { root: true })
  return parseManifests(expectSuccess(result, 'looking at manifests', context.host).stdout)
}

/** Reads lines of `image NAME IMAGE` and `backup NAME PATH`. */
export function parseManifests(answer: string): Manifests {
  const words = answer.split('\n').map((line) => line.trim().split(' '))
  const of = (kind: string) =>
    new Map(
      words.flatMap(([first, name = '', value = '']) =>
        first === kind ? [[name, value.replace(/^"|"$/g, '')]] : [],
      ),
    )
  return {
    images: of('image'),
    backups: of('backup'),
  }
}

/** The components without a manifest, each with the backup to put back, if there is one. */
export function missingManifests(
  cluster: Cluster,
  { images, backups }: Manifests,
): readonly { readonly name: string; readonly backup: string | undefined }[] {
  return expectedComponents(cluster)
    .filter((name) => !images.has(name))
    .map((name) => ({ name, backup: backups.get(name) }))
}

// $1: the backup, $2: the manifest. kubelet ignores files that begin with a dot, so it never reads half a manifest.
const PUT_BACK = `
[ ! -e "$2" ] || exit 0
new=$(dirname "$2")/.$(basename "$2").quorate
cp -- "$1" "$new"
chmod 600 "$new"
sync -- "$new"
mv -f -- "$new" "$2"`

/**
 * Puts the backup of each missing manifest back: kubelet then starts the old component, from which kubeadm can go on. Only
 * while no kubeadm runs on the host.
 * @returns the names of the components.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` for a manifest without a backup.
 */
export async function putManifestsBack(context: HostContext): Promise<readonly string[]> {
  const missing = missingManifests(context.cluster, await lookAtManifests(context))
  for (const { name, backup } of missing) {
    if (backup === undefined) {
      throw context.error(
        'CONTROL_PLANE_NOT_READY',
        `the manifest of ${name} is missing, and kubeadm kept no backup`,
        {
          step: 'manifests',
          hint: `restore ${FOLDER}/${name}.yaml, for example with \`kubeadm init phase control-plane\`, then retry`,
        },
      )
    }
    context.report(`putting back the manifest of ${name}`)
    const put = await context.session.run(script(PUT_BACK, backup, `${FOLDER}/${name}.yaml`), { root: true })
    expectSuccess(put, `putting back the manifest of ${name}`, context.host)
  }
  return missing.map(({ name }) => name)
}

// Arguments: pairs of a folder and what to remove of it. etcd's data in backups is as large as etcd.
const CLEAN = `
while [ $# -gt 0 ]; do
  for path in "$1"/$2; do
    if [ -e "$path" ]; then rm -rf -- "$path" || exit; fi
  done
  shift 2
done`

/** Removes new manifests that an attempt has not put in place. Backups stay: one may be the only copy of a manifest. */
export async function removeAbandonedManifests({ session, host }: HostContext): Promise<void> {
  const clean = script(CLEAN, WORK_FOLDER, 'kubeadm-upgraded-manifests*')
  expectSuccess(await session.run(clean, { root: true }), "removing kubeadm's working folders", host)
}

/**
 * Removes everything that upgrades of kubeadm leave, once the control plane is verified. A rollback of kubeadm copies
 * etcd's data into the folder of the data.
 */
export async function removeUpgradeLeftovers({ session, host }: HostContext): Promise<void> {
  const clean = script(CLEAN, WORK_FOLDER, 'kubeadm-*', HOST_PATHS.etcdData, 'kubeadm-backup-etcd-*')
  const cleaned = await session.run(clean, { root: true, timeoutMs: 120_000 })
  expectSuccess(cleaned, "removing kubeadm's backups", host)
}
