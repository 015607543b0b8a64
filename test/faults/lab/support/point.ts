/** Moments at which a fault strikes: what a unit on a host shows of how far it is. */
import { quote } from '../../../../src/ssh/run/command.js'
import type { Fleet } from '../../../support/fleet.js'

/** A moment in the life of a unit. */
export interface Point {
  readonly host: string
  /** Name of the step's unit, e.g. `kubeadm-join`. */
  readonly unit: string
  /** `start`: its folder is there; `end`: its exit status is; else a piece of its output. */
  readonly at: 'start' | 'end' | (string & {})
}

const TIMEOUT_S = 600

/** What processes on hosts are called that wait for a moment: those of a test that failed must not strike later. */
export const WAITER = 'waits-for-a-moment'

/** E.g. `cp2: kubeadm-join, [etcd]` */
export function describePoint({ host, unit, at }: Point): string {
  return `${host}: ${unit}, ${at}`
}

/** Waits for the moment. Counts units of every operation whose state is on the host. */
export async function reach(fleet: Fleet, point: Point): Promise<void> {
  await fleet.on(point.host, waiting(condition(point), describePoint(point)))
}

/**
 * Waits for the moment and holds kubeadm there, as a host that is slow right then, until {@link thaw}. Where it has
 * just asked something of the runtime or of etcd (`[preflight]`, `[etcd]`), it fails of its own deadline afterwards.
 */
export async function reachAndFreeze(fleet: Fleet, point: Point): Promise<void> {
  // The unit's folder is there a moment before kubeadm is.
  const held = `${condition(point)} && pkill -STOP -x kubeadm`
  const tooLate = condition({ ...point, at: 'end' })
  await fleet.on(point.host, waiting(`${held} || { ${tooLate} && exit 1; }`, describePoint(point)))
}

/** Lets kubeadm go on. */
export async function thaw(fleet: Fleet, host: string): Promise<void> {
  await fleet.on(host, 'pkill -CONT -x kubeadm || true')
}

function condition({ unit, at }: Point): string {
  const folders = `/var/lib/quorate/operations/*/${unit}.*`
  if (at === 'start') return `ls -d ${folders} >/dev/null 2>&1`
  if (at === 'end') return `ls ${folders}/result >/dev/null 2>&1`
  return `grep -qsF -- ${quote(at)} ${folders}/output`
}

function waiting(condition: string, name: string): string {
  const loop = `until ${condition}; do sleep 0.02; done`
  return `timeout ${TIMEOUT_S} sh -c ${quote(loop)} ${WAITER} || { echo ${quote(`never came: ${name}`)} >&2; exit 1; }`
}
