/**
 * What containerd has and runs on a host. Asks crictl where it is installed. Not every Kubernetes repository has it, so
 * elsewhere containerd's own client, ctr, which comes with containerd, answers in the same form.
 */
import { z } from 'zod'
import { REGISTRIES_FOLDER } from '../../configuration/containerd/config.js'
import { script, type Command, type Session } from '../../ssh/index.js'
import { readJson } from '../json.js'

const CTR = 'ctr --namespace k8s.io'

// containerd keeps the name and namespace that CRI gives a container as labels.
const RUNNING_PID = `
running_pid() { # FILTER
  tasks=$(${CTR} tasks ls)
  for id in $(${CTR} containers ls -q "$1"); do
    printf '%s\\n' "$tasks" | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print $2 }'
  done | head -n 1
}`

/**
 * The start of a script that runs a program of a static pod's container, with its arguments in `"$@"`. Without crictl,
 * the program runs in the container's file system rather than through containerd, whose client may lose output at the
 * end.
 */
export function withoutCrictl(container: string, program: string): string {
  const filter = `labels."io.kubernetes.container.name"==${container},labels."io.kubernetes.pod.namespace"==kube-system`
  return `${RUNNING_PID}
if ! command -v crictl >/dev/null; then
  pid=$(running_pid '${filter}')
  if [ -z "$pid" ]; then echo 'no ${container} container runs on this host' >&2; exit 9; fi
  exec nsenter --target "$pid" --mount -- ${program} "$@"
fi`
}

/**
 * Shell code for `static_pod_pid COMPONENT POD`: prints the process of a static pod's container, as the host sees it, or
 * nothing if it does not run.
 */
export const PID_OF_STATIC_POD = `${RUNNING_PID}
static_pod_pid() {
  if ! command -v crictl >/dev/null; then
    running_pid "labels.\\"io.kubernetes.container.name\\"==$1,labels.\\"io.kubernetes.pod.name\\"==$2,labels.\\"io.kubernetes.pod.namespace\\"==kube-system"
    return
  fi
  id=$(crictl ps --label io.kubernetes.pod.namespace=kube-system --label "io.kubernetes.pod.name=$2" \\
    --label "io.kubernetes.container.name=$1" --state Running -q | head -n 1)
  [ -z "$id" ] || crictl inspect --output go-template --template '{{.info.pid}}' "$id"
}`

const RUNNING_COMPONENTS = `
if command -v crictl >/dev/null; then exec crictl ps --state Running -o json; fi
label() { printf '%s\\n' "$info" | sed -n "s/.*\\"io.kubernetes.$1\\": \\"\\([^\\"]*\\)\\".*/\\1/p" | head -n 1; }
tasks=$(${CTR} tasks ls)
printf '{"containers":['
separator=
for id in $(${CTR} containers ls -q 'labels."io.kubernetes.pod.namespace"==kube-system,labels."io.cri-containerd.kind"==container'); do
  if ! printf '%s\\n' "$tasks" | grep -q "^$id .* RUNNING"; then continue; fi
  info=$(${CTR} containers info "$id")
  printf '%s{"metadata":{"name":"%s"},"labels":{"io.kubernetes.pod.namespace":"kube-system","io.kubernetes.pod.name":"%s"}}' \\
    "$separator" "$(label container.name)" "$(label pod.name)"
  separator=,
done
printf ']}'`

/** Lists the running containers, at least those of kube-system, in the form of `crictl ps -o json`. */
export const RUNNING_CONTAINERS: Command = script(RUNNING_COMPONENTS)

const IMAGES = `
if command -v crictl >/dev/null; then exec crictl images -o json; fi
exec ${CTR} images ls -q`

const NAMES = z.array(z.string()).nullish()
const CRICTL_IMAGES = z.looseObject({
  images: z.array(z.looseObject({ repoTags: NAMES, repoDigests: NAMES })).nullish(),
})

/** Every name under which containerd has an image; empty if it does not answer. */
export async function presentImages(session: Session): Promise<ReadonlySet<string>> {
  const { exitCode, stdout } = await session.run(script(IMAGES), { root: true })
  if (exitCode !== 0) return new Set()
  if (!stdout.startsWith('{')) return new Set(stdout.split('\n').filter((name) => name !== ''))
  const { images } = readJson(session, stdout, CRICTL_IMAGES, 'crictl images')
  return new Set(
    (images ?? []).flatMap(({ repoTags, repoDigests }) => [...(repoTags ?? []), ...(repoDigests ?? [])]),
  )
}

// ctr 1.x downloads images itself, so it is given containerd's own proxy and folder of registries.
const PULL = `
hosts=$1; shift
if command -v crictl >/dev/null; then
  printf '%s\\n' "$@" | xargs -P 3 -n 1 crictl pull
  exit
fi
pid=$(systemctl show --property=MainPID --value containerd)
# Values may hold blanks, so that lines alone divide them.
set -f
IFS='
'
proxies=$(tr '\\0' '\\n' <"/proc/$pid/environ" | grep -i '^[a-z]*_proxy=' || true)
printf '%s\\n' "$@" | env $proxies xargs -P 3 -n 1 ${CTR} images pull --hosts-dir "$hosts" >/dev/null`

/** Pulls the images, three at a time. */
export function pullCommand(images: readonly string[]): Command {
  return script(PULL, REGISTRIES_FOLDER, ...images.map(fullName))
}

/** Adds the default registry to a name without one: crictl knows the default, ctr does not. */
function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/')
  if (rest.length === 0) return `docker.io/library/${image}`
  return /[.:]|^localhost$/.test(first) ? image : `docker.io/${image}`
}

const READY = `
if command -v crictl >/dev/null; then exec crictl info -q; fi
plugins=$(${CTR} plugins ls)
printf '%s\\n' "$plugins" | awk '$2 == "cri" && $NF == "ok" { ok = 1 } END { exit !ok }' && exit
echo 'its plugin for CRI is not loaded' >&2
exit 1`

/** Why containerd does not serve kubelet; undefined when it does. */
export async function runtimeObstacle(session: Session): Promise<string | undefined> {
  const { exitCode, stderr } = await session.run(script(READY), { root: true })
  return exitCode === 0 ? undefined : (stderr.trim().split('\n')[0] ?? '')
}
