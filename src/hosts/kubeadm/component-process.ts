/** The process of a static pod's component: what it was started with, and its last words if it keeps crashing. */
import { commandOf } from '../../configuration/kubeadm/static-pod.js'
import { expectSuccess, script } from '../../ssh/index.js'
import type { PlainObject } from '../../values/merge.js'
import { etcdObstacle } from '../etcd/members.js'
import type { HostContext } from '../context.js'
import { localApi } from '../kubernetes/cluster-api.js'
import { isApiServerReady, isComponentHealthy } from '../kubernetes/health.js'
import { readNumber } from '../numbers.js'
import { staticPodName } from './static-pods.js'

/** What is seen of a component on its host. */
export interface ComponentProcess {
  /** The command of each of its processes, by process ID. */
  readonly commands: ReadonlyMap<string, string>
  /** The folder of its newest pod's logs; another manifest is another pod. */
  readonly pod: string
  /** How often the container of that pod was started again. */
  readonly restarts: number
}

// $1: the component, $2: its pod. kubelet keeps logs as /var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log.
const NEWEST = `
name=$1
newest=$(ls -dt /var/log/pods/kube-system_"$2"_*/"$name" 2>/dev/null | head -n 1)
restarts=$(ls "$newest" 2>/dev/null | sed -n 's/^\\([0-9]*\\)\\.log$/\\1/p' | sort -n | tail -n 1)`

const LOOK = `${NEWEST}
for pid in $(pidof "$name"); do
  printf 'command %s %s\\n' "$pid" "$(tr '\\0' '\\n' <"/proc/$pid/cmdline" | base64 -w0)"
done
printf 'pod %s %s\\n' "\${newest:-none}" "\${restarts:-0}"`

/** Looks at a component. */
export async function lookAtComponent(
  { session, host }: HostContext,
  component: string,
): Promise<ComponentProcess> {
  const look = script(LOOK, component, staticPodName(component, host))
  const { stdout } = expectSuccess(await session.run(look, { root: true }), `looking at ${component}`, host)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const commands = lines.flatMap(([kind, pid = '', encoded = '']): [string, string][] =>
    kind === 'command' ? [[pid, Buffer.from(encoded, 'base64').toString().trim()]] : [],
  )
  const [, pod = '', restarts = '0'] = lines.find(([kind]) => kind === 'pod') ?? []
  return {
    commands: new Map(commands),
    pod,
    restarts: readNumber(session, restarts, `how often ${component} has restarted`),
  }
}

// The newest log that says anything, without the time and stream that the runtime puts before each line.
const LAST_WORDS = `${NEWEST}
for log in $(ls "$newest"/*.log 2>/dev/null | sort -r); do
  if [ -s "$log" ]; then tail -n 12 "$log" | cut -d ' ' -f 4-; exit 0; fi
done`

/** The last lines that the component wrote. */
export async function lastWords({ session, host }: HostContext, component: string): Promise<string> {
  const read = script(LAST_WORDS, component, staticPodName(component, host))
  return (await session.run(read, { root: true })).stdout.trim()
}

/** Where components report their health on the loopback of their host. */
export const HEALTH_PORTS = {
  'kube-controller-manager': 10257,
  'kube-scheduler': 10259,
} as const

/**
 * Why the component does not run with its manifest and is healthy; undefined if it does.
 * @param before what ran before the manifest was changed: those processes do not count.
 */
export async function componentObstacle(
  context: HostContext,
  component: string,
  pod: PlainObject,
  seen: ComponentProcess,
  before: ComponentProcess | undefined,
): Promise<string | undefined> {
  const wanted = commandOf(pod).join('\n')
  const runs = [...seen.commands].some(
    ([pid, command]) => command === wanted && before?.commands.has(pid) !== true,
  )
  if (!runs) return `${component} has not started with its new configuration yet`
  const isHealthy = await healthOf(context, component)
  return isHealthy ? undefined : `${component} is not healthy`
}

async function healthOf(context: HostContext, component: string): Promise<boolean> {
  if (component === 'etcd') return (await etcdObstacle(context.session)) === undefined
  if (component === 'kube-apiserver') return isApiServerReady(localApi(context.cluster, context.session))
  return component in HEALTH_PORTS
    ? isComponentHealthy(context.session, HEALTH_PORTS[component as keyof typeof HEALTH_PORTS])
    : false
}
