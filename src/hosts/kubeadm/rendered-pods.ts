/** Manifests of static pods as kubeadm on the host renders them, and those that are in place. */
import { parse } from 'yaml'
import { renderForPhases } from '../../configuration/kubeadm/render.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { script } from '../../ssh/index.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { HostContext } from '../context.js'
import { kubeadmError } from './errors.js'

// kubeadm writes what it would do into the folder that the variable names. Source: kubeadm's constants.go, GetDryRunDir.
// $@: the components. Prints `NAME BASE64` for each.
const RENDER = `
folder=$(mktemp -d /run/quorate-manifests.XXXXXX)
trap 'rm -rf -- "$folder"' EXIT
cat >"$folder/kubeadm"
export KUBEADM_INIT_DRYRUN_DIR=$folder
for name in "$@"; do
  case $name in
    etcd) set -- etcd local ;;
    *) set -- control-plane "\${name#kube-}" ;;
  esac
  kubeadm init phase "$@" --dry-run --config "$folder/kubeadm" >/dev/null || exit
  printf '%s %s\\n' "$name" "$(base64 -w0 "$folder/$name.yaml")"
done`

/** The manifests of components as kubeadm renders them for this ClusterConfiguration. Changes nothing on the host. */
export async function renderedPods(
  context: HostContext,
  clusterConfiguration: PlainObject,
  components: readonly string[],
): Promise<ReadonlyMap<string, PlainObject>> {
  const { cluster, host, session } = context
  const title = 'kubeadm init phase control-plane --dry-run'
  const result = await session.run(script(RENDER, ...components), {
    root: true,
    stdin: renderForPhases(cluster, host, clusterConfiguration),
    timeoutMs: 120_000,
  })
  if (result.exitCode !== 0) {
    throw kubeadmError(host, title, { exitCode: result.exitCode, output: result.stderr, ordinal: 1 })
  }
  const lines = result.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  return new Map(
    lines.map(([name = '', encoded = '']) => [name, podIn(Buffer.from(encoded, 'base64').toString()) ?? {}]),
  )
}

/** A manifest in place. */
export interface PodInPlace {
  readonly text: string
  readonly pod: PlainObject
}

/** The manifest in place; undefined if there is none that can be read. */
export async function podInPlace(
  { session }: HostContext,
  component: string,
): Promise<PodInPlace | undefined> {
  const text = (await session.readFile(manifestPath(component)))?.toString()
  const pod = text === undefined ? undefined : podIn(text)
  return text === undefined || pod === undefined ? undefined : { text, pod }
}

/** Where the manifest of a component is. */
export function manifestPath(component: string): string {
  return `${HOST_PATHS.manifests}/${component}.yaml`
}

/** The pod of a manifest; undefined if the text is none. */
function podIn(text: string): PlainObject | undefined {
  try {
    const pod: unknown = parse(text)
    return isPlainObject(pod) && isPlainObject(pod['spec']) ? pod : undefined
  } catch {
    return undefined
  }
}
