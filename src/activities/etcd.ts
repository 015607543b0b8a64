/** etcd's members, seen from inside one of its own containers on a control plane. */
import { QuorateError } from '../errors/index.js'
import { script, type CommandResult, type Session } from '../ssh/index.js'

const PKI = '/etc/kubernetes/pki/etcd'

/** A member as `etcdctl member list` shows it. */
export interface EtcdMember {
  /** Hexadecimal id. */
  readonly id: string
  /** Empty until the member has started. */
  readonly name: string
  readonly started: boolean
  readonly learner: boolean
  readonly peerUrls: readonly string[]
}

// etcdctl lives only in etcd's image, so it is run in the member's own container.
const ETCDCTL = `
id=$(crictl ps --name '^etcd$' --state Running -q | head -n 1)
if [ -z "$id" ]; then echo 'no etcd container runs on this host' >&2; exit 9; fi
exec crictl exec "$id" etcdctl --endpoints https://127.0.0.1:2379 --cacert ${PKI}/ca.crt \\
  --cert ${PKI}/healthcheck-client.crt --key ${PKI}/healthcheck-client.key "$@"`

function etcdctl(session: Session, ...args: readonly string[]): Promise<CommandResult> {
  return session.run(script(ETCDCTL, ...args), { root: true, timeoutMs: 30_000 })
}

/**
 * Every member that etcd knows.
 * @throws QuorateError `ETCD_UNHEALTHY` when the member on this host can not answer.
 */
export async function etcdMembers(session: Session): Promise<readonly EtcdMember[]> {
  const result = await etcdctl(session, 'member', 'list', '-w', 'simple')
  if (result.exitCode !== 0) throw unhealthy(session, 'etcd does not list its members', result)
  return parseMembers(result.stdout)
}

/** Reads lines of `id, status, name, peer URLs, client URLs, is learner`. */
export function parseMembers(simple: string): readonly EtcdMember[] {
  return simple
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [id = '', status = '', name = '', peerUrls = '', , learner = ''] = line.split(', ')
      return {
        id,
        name,
        started: status === 'started',
        learner: learner.trim() === 'true',
        peerUrls: peerUrls.split(','),
      }
    })
}

/**
 * Why no member may be added now; undefined when every member is a started, healthy voter.
 * @throws QuorateError `ETCD_UNHEALTHY` when the member on this host can not answer.
 */
export async function etcdObstacle(session: Session): Promise<string | undefined> {
  const members = await etcdMembers(session)
  const unstarted = members.find((member) => !member.started)
  if (unstarted !== undefined) return `etcd member ${unstarted.peerUrls.join(',')} has not started`
  const learner = members.find((member) => member.learner)
  if (learner !== undefined) return `etcd member ${learner.name} is still a learner`
  const health = await etcdctl(session, 'endpoint', 'health', '--cluster')
  return health.exitCode === 0 ? undefined : `etcd is not healthy: ${firstLine(health.stderr)}`
}

/**
 * Takes a member out that never started: what a failed join leaves. Started members are never touched here.
 * @returns false when there was none with this peer URL.
 */
export async function removeUnstartedMember(session: Session, peerUrl: string): Promise<boolean> {
  const members = await etcdMembers(session)
  const leftover = members.find((member) => !member.started && member.peerUrls.includes(peerUrl))
  if (leftover === undefined) return false
  const result = await etcdctl(session, 'member', 'remove', leftover.id)
  if (result.exitCode !== 0)
    throw unhealthy(session, `the unstarted etcd member ${peerUrl} can not be removed`, result)
  return true
}

function unhealthy(session: Session, message: string, result: CommandResult): QuorateError {
  return new QuorateError('ETCD_UNHEALTHY', message, {
    host: session.host.name,
    step: 'etcd',
    output: result.stderr.slice(-2000),
  })
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
