/** Static pods whose processes are older than the certificates that they must have read when they started. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script } from '../../ssh/index.js'
import { PID_OF_STATIC_POD } from '../containerd/containers.js'
import type { HostContext } from '../context.js'
import { staticPodName } from './static-pods.js'

/** A component, and the file whose certificate tells when it must have started. */
const FILES = {
  etcd: `${HOST_PATHS.etcdPki}/server.crt`,
  'kube-apiserver': `${HOST_PATHS.pki}/apiserver.crt`,
  'kube-controller-manager': `${HOST_PATHS.kubernetes}/controller-manager.conf`,
  'kube-scheduler': `${HOST_PATHS.kubernetes}/scheduler.conf`,
} as const

/** The name of such a component. */
export type CertifiedComponent = keyof typeof FILES

/** `absent`: it does not run. `stale`: it was started before its file was written. */
export type ComponentAge = 'current' | 'stale' | 'absent'

// $1: the component, $2: its pod, $3: its file. The start of a process is counted in ticks since the boot.
const LOOK = `${PID_OF_STATIC_POD}
pid=$(static_pod_pid "$1" "$2")
if [ -z "$pid" ] || [ ! -r "/proc/$pid/stat" ]; then echo absent; exit 0; fi
ticks=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)
read -r uptime _ </proc/uptime
written=$(stat -c %Y "$3" 2>/dev/null || echo 0)
awk -v now="$(date +%s.%N)" -v up="$uptime" -v ticks="$ticks" -v hz="$(getconf CLK_TCK 2>/dev/null || echo 100)" -v written="$written" \\
  'BEGIN { print (now - up + ticks / hz < written ? "stale" : "current") }'`

/** Looks at a component. */
export async function ageOfComponent(
  { session, host }: HostContext,
  name: CertifiedComponent,
): Promise<ComponentAge> {
  const look = script(LOOK, name, staticPodName(name, host), FILES[name])
  const { stdout } = expectSuccess(await session.run(look, { root: true }), `looking at ${name}`, host)
  const word = stdout.trim()
  return word === 'stale' || word === 'current' ? word : 'absent'
}

// $1: the component, $2: its pod. kubelet starts the container again at once.
const END = `${PID_OF_STATIC_POD}
pid=$(static_pod_pid "$1" "$2")
[ -z "$pid" ] || kill -TERM "$pid"`

/** Ends the process of a component, so that kubelet starts it again in the same pod. */
export async function endComponent({ session, host }: HostContext, name: CertifiedComponent): Promise<void> {
  const ended = await session.run(script(END, name, staticPodName(name, host)), { root: true })
  expectSuccess(ended, `restarting ${name}`, host)
}
