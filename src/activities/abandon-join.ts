/** Gives a control plane's join up by decision, so that others can join; the host itself is not needed for it. */
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { revokeBootstrapTokens } from './bootstrap-token.js'
import { takeMemberOut } from './failed-join.js'
import { localApi } from './kubectl.js'
import type { Step, StepResult } from './step.js'

/**
 * Takes the etcd member of `host` out if it never became a voter; `step` is that of the first control plane.
 * @throws QuorateError `STEP_NOT_SKIPPABLE` when it votes already.
 */
export async function abandonJoin(step: Step, host: Host): Promise<StepResult> {
  const { session } = step
  await revokeBootstrapTokens(localApi(step.cluster, session), host.name)
  if (step.cluster.etcd.topology === 'external') {
    return { changed: false, summary: `${host.name} was to carry no etcd member` }
  }
  const removed = await takeMemberOut(step, session, host, (member) => {
    if (member.started && !member.learner) throw votes(host)
  })
  return {
    changed: removed,
    summary: removed ? `took the etcd member of ${host.name} out` : `etcd has no member of ${host.name}`,
  }
}

function votes(host: Host): QuorateError {
  return new QuorateError(
    'STEP_NOT_SKIPPABLE',
    'its etcd member votes already: left alone it would weigh on quorum',
    {
      host: host.name,
      step: 'kubeadm join',
      hint: `mend ${host.name} and retry the step; to give the host up, run \`kubeadm reset\` there while the API answers, see with \`etcdctl member list\` that its member is gone, then retry or skip`,
    },
  )
}
