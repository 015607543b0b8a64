/** Moments at which a fault strikes, recognised by what a unit on a host shows of its progress. */
import { quote } from '../../../../src/ssh/run/command.js'
import type { Fleet } from '../../../support/fleet.js'

/** A moment in the life of a unit. */
export interface Point {
  readonly host: string
  /** Name of the step's unit, e.g. `kubeadm-join`. */
  readonly unit: string
  /** `start`: its folder exists; `end`: its exit status exists; anything else: that text is in its output. */
  readonly at: 'start' | 'end' | (string & {})
}

const TIMEOUT_S = 600

/** Name of the processes on hosts that wait for a moment: those of a failed test must not strike later. */
export const WAITER = 'waits-for-a-moment'

/** E.g. `cp2: kubeadm-join, [etcd]` */
export function describePoint({ host, unit, at }: Point): string {
  return `${host}: ${unit}, ${at}`
}

/** Waits for the moment, in a unit of any operation whose state is still on the host. */
export async function reach(fleet: Fleet, point: Point): Promise<void> {
  await fleet.on(point.host, waiting(condition(point), describePoint(point)))
}

/**
 * Waits for the moment and holds kubeadm there until {@link thaw}, like a host that is slow at that moment. If kubeadm
 * has just made a request to the runtime or etcd (`[preflight]`, `[etcd]`), its own deadline makes it fail afterwards.
 */
export async function reachAndFreeze(fleet: Fleet, point: Point): Promise<void> {
  // The unit's folder exists shortly before kubeadm runs.
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
