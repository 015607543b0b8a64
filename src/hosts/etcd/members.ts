/** etcd's members, seen from inside one of its own containers: on a control plane, or on an etcd host. */
import { z } from 'zod'
import { QuorateError } from '../../errors/index.js'
import { memberTitle, wholenessObstacle, type EtcdObstacle, type QuorumMember } from '../../facts/quorum.js'
import { staticPodName } from '../kubeadm/static-pods.js'
import type { Host } from '../../cluster/model.js'
import { script, type Command, type CommandResult, type Session } from '../../ssh/index.js'
import { withoutCrictl } from '../containerd/containers.js'
import { readJson } from '../json.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** A member as `etcdctl member list` shows it. */
export interface EtcdMember {
  /** Hexadecimal id. */
  readonly id: string
  /** Empty until the member has started. */
  readonly name: string
  /** Whether it has ever started; it may have died since. */
  readonly started: boolean
  readonly learner: boolean
  readonly peerUrls: readonly string[]
  /** Empty until the member has started. */
  readonly clientUrls: readonly string[]
}

// etcd's tools exist only in its image, so they run in the member's own container. $1: the member's pod, or nothing where
// its name is not known, as on an etcd host, whose kubelet uses the hostname. Then the namespace and the container's
// name must do. Other pods may well have a container called etcd, but none of them is in kube-system under this name.
const CREDENTIALS = `--cacert ${HOST_PATHS.etcdPki}/ca.crt --cert ${HOST_PATHS.etcdPki}/healthcheck-client.crt --key ${HOST_PATHS.etcdPki}/healthcheck-client.key`
const inContainer = (program: string) => `
pod=$1
shift
${withoutCrictl('etcd', program)}
id=$(crictl ps --label io.kubernetes.pod.namespace=kube-system --label io.kubernetes.container.name=etcd \\
  \${pod:+--label "io.kubernetes.pod.name=$pod"} --state Running -q | head -n 1)
if [ -z "$id" ]; then echo 'no etcd container runs on this host' >&2; exit 9; fi
exec crictl exec "$id" ${program} "$@"`
const ETCDCTL = inContainer(`etcdctl --endpoints https://127.0.0.1:2379 ${CREDENTIALS}`)
const ETCDUTL = inContainer('etcdutl')

/** The command that runs etcdctl against the member on the host. */
export function etcdctlCommand(host: Host, ...args: readonly string[]): Command {
  return script(ETCDCTL, podOf(host), ...args)
}

/** The command that runs etcdutl, the tool for files of etcd, beside the member on the host. */
export function etcdutlCommand(host: Host, ...args: readonly string[]): Command {
  return script(ETCDUTL, podOf(host), ...args)
}

/** Control planes' kubelets register under the name in the cluster file, and their static pods are named after it. */
function podOf(host: Host): string {
  return host.role === 'control-plane' ? staticPodName('etcd', host) : ''
}

/** Runs etcdctl against the member on the host; the caller judges the outcome. */
export function etcdctl(session: Session, ...args: readonly string[]): Promise<CommandResult> {
  return session.run(etcdctlCommand(session.host, ...args), { root: true, timeoutMs: 30_000 })
}

// What passes the filter: `key BASE64`, and after it `value BASE64` with at most 48 bytes of the value; `end` at last.
const BEGINNINGS = `
{ (${ETCDCTL}) && printf '\\n"end"\\n'; } | tr ',{}[]' '\\n' | sed -nE \\
  's/^"key":"([^"]*)"$/key \\1/p; s/^"value":"([^"]{0,64}).*$/value \\1/p; s/^"end"$/end/p'`

/**
 * Keys from `from` up to `to`, with the beginnings of their values. The rest of the values does not leave the host.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot answer.
 */
export async function etcdBeginnings(
  session: Session,
  from: string,
  to: string,
  limit: number,
): Promise<readonly { readonly key: string; readonly value: Buffer }[]> {
  const ask = script(BEGINNINGS, podOf(session.host), 'get', from, to, '--limit', String(limit), '-w', 'json')
  const result = await session.run(ask, { root: true, timeoutMs: 60_000 })
  const lines = result.stdout.split('\n').map((line) => line.split(' '))
  if (result.exitCode !== 0 || !lines.some(([kind]) => kind === 'end')) {
    throw unreachable(session, 'etcd does not tell its values', result)
  }
  return lines.flatMap(([kind, text = ''], index) => {
    if (kind !== 'key') return []
    const [next, value = ''] = lines[index + 1] ?? []
    const key = Buffer.from(text, 'base64').toString()
    return [{ key, value: Buffer.from(next === 'value' ? value : '', 'base64') }]
  })
}

/**
 * Every member that etcd knows, as a majority of them agrees.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot answer, or there is no majority.
 */
export async function etcdMembers(session: Session): Promise<readonly EtcdMember[]> {
  const result = await etcdctl(session, 'member', 'list', '-w', 'simple')
  if (result.exitCode !== 0) throw unreachable(session, 'etcd does not list its members', result)
  return parseMembers(result.stdout)
}

/** Reads lines of `id, status, name, peer URLs, client URLs, is learner`. */
export function parseMembers(simple: string): readonly EtcdMember[] {
  const urls = (list: string) => list.split(',').filter((url) => url !== '')
  return simple
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [id = '', status = '', name = '', peerUrls = '', clientUrls = '', learner = ''] = line.split(', ')
      return {
        id,
        name,
        started: status === 'started',
        learner: learner.trim() === 'true',
        peerUrls: urls(peerUrls),
        clientUrls: urls(clientUrls),
      }
    })
}

/**
 * Client URLs of the members that answer for themselves and agree with the majority.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot be asked.
 */
export async function healthyEndpoints(session: Session): Promise<ReadonlySet<string>> {
  // The exit status is 1 if any member is unhealthy; the answer then still covers every member.
  const result = await etcdctl(session, 'endpoint', 'health', '--cluster', '-w', 'json')
  const line = result.stdout.split('\n').find((candidate) => candidate.startsWith('['))
  if (line === undefined) throw unreachable(session, 'etcd does not report the health of its members', result)
  const endpoints = readJson(session, line, HEALTH, 'etcdctl endpoint health')
  return new Set(endpoints.filter(({ health }) => health).map(({ endpoint }) => endpoint))
}

const HEALTH = z.array(z.looseObject({ endpoint: z.string(), health: z.boolean() }))

/** A member, and whether it answers for itself. */
export type JudgedMember = EtcdMember & QuorumMember

/**
 * Every member that etcd knows, and which of them are healthy: what decisions about quorum are made of.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot answer, or there is no majority.
 */
export async function judgedMembers(session: Session): Promise<readonly JudgedMember[]> {
  const members = await etcdMembers(session)
  const healthy = await healthyEndpoints(session)
  return members.map((member) => ({ ...member, healthy: isHealthy(member, healthy) }))
}

/**
 * Why no member may be added now. Undefined when every member is a started, healthy voter; those that may be unhealthy
 * are not looked at.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot answer.
 */
export async function etcdObstacle(
  session: Session,
  mayBeUnwell: (member: EtcdMember) => boolean = () => false,
): Promise<EtcdObstacle<JudgedMember> | undefined> {
  const members = (await etcdMembers(session)).filter((member) => !mayBeUnwell(member))
  // Without a member that has not started, etcd may be too busy to report on the health of the others.
  const unfinished = wholenessObstacle(members.map((member) => ({ ...member, healthy: true })))
  if (unfinished !== undefined) return unfinished
  const healthy = await healthyEndpoints(session)
  return wholenessObstacle(members.map((member) => ({ ...member, healthy: isHealthy(member, healthy) })))
}

/** Whether the member answers for itself, according to {@link healthyEndpoints}. */
function isHealthy(member: EtcdMember, healthy: ReadonlySet<string>): boolean {
  return member.clientUrls.some((url) => healthy.has(url))
}

/**
 * Removes exactly this member, by its id; a member that is already gone is fine.
 * @throws QuorateError `ETCD_UNREACHABLE` when it is still there afterwards.
 */
export async function removeMember(session: Session, member: EtcdMember): Promise<void> {
  const result = await etcdctl(session, 'member', 'remove', member.id)
  if (result.exitCode === 0) return
  // The answer may be lost although the members agreed to the removal, above all when the leader itself goes.
  const left = await etcdMembers(session)
  if (!left.some(({ id }) => id === member.id)) return
  throw unreachable(session, `the etcd member ${memberTitle(member)} cannot be removed`, result)
}

/**
 * Names of the nodes in the cluster's state. Asks etcd itself, so it works even where no API server runs.
 * @throws QuorateError `ETCD_UNREACHABLE` when the member on this host cannot answer.
 */
export async function storedNodes(session: Session, registry = '/registry/'): Promise<readonly string[]> {
  const prefix = `${registry}minions/`
  const result = await etcdctl(session, 'get', prefix, '--prefix', '--keys-only')
  if (result.exitCode !== 0) throw unreachable(session, 'etcd does not list the nodes', result)
  return result.stdout
    .split('\n')
    .flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
}

function unreachable(session: Session, message: string, result: CommandResult): QuorateError {
  return new QuorateError('ETCD_UNREACHABLE', message, {
    host: session.host.name,
    step: 'etcd',
    output: result.stderr.slice(-2000),
  })
}
