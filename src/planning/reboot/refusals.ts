/** Why hosts cannot be rebooted. */
import type { Cluster } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { RebootRequest } from '../../operations/reboot/request.js'
import { finding } from '../../preflight/finding.js'
import { isAway } from '../drift/away.js'
import type { Learnt } from '../plan.js'
import { unknownHosts } from '../unknown-hosts.js'
import type { RebootingHost } from './rebooting-host.js'

/** What is decided from. */
export interface RebootSituation {
  readonly file: Cluster
  readonly request: RebootRequest
  readonly learnt: Pick<Learnt, 'presence' | 'unanswered'>
  /** Every host that answers and is part of the cluster. */
  readonly order: readonly Omit<RebootingHost, 'reasons'>[]
}

/** Everything that forbids the reboot. */
export function rebootProblems(situation: RebootSituation): readonly ErrorReport[] {
  const { file, request, learnt, order } = situation
  const { presence, unanswered } = learnt
  const silent = unanswered.filter((report) => !isAway(report) || isNamed(request, report.host))
  const answering = file.hosts.filter(({ name }) => !unanswered.some(({ host }) => host === name))
  const strangers = answering.filter(
    ({ name }) => isNamed(request, name) && !order.some(({ host }) => host.name === name),
  )
  return [
    ...unknownHosts(file, request.hosts),
    ...absent(presence),
    ...silent.map((report) => ({ severity: 'error' as const, ...report })),
    ...(presence.kind === 'read' ? strangers : []).map((host) =>
      finding('error', 'NODE_NOT_READY', host, 'it is not part of the cluster', STRANGER_HINT),
    ),
  ]
}

const STRANGER_HINT = 'run `quorate apply`, which makes it part of the cluster, or leave it out'

function isNamed({ hosts }: RebootRequest, name: string | undefined): boolean {
  return hosts.some((one) => one === name)
}

/** Nobody can tell what a reboot takes away from a cluster that does not answer. */
function absent(presence: Learnt['presence']): readonly ErrorReport[] {
  switch (presence.kind) {
    case 'read':
      return []
    case 'absent':
      return [
        finding('error', 'CLUSTER_UNREADABLE', undefined, 'there is no cluster yet', 'run `quorate apply`'),
      ]
    case 'unreadable':
      return [
        finding('error', 'CLUSTER_UNREADABLE', undefined, `its API does not answer: ${presence.reason}`),
      ]
  }
}
