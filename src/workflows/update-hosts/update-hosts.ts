/** Updating the packages of hosts, in the order and with the gates of a reboot. */
import type { Host } from '../../cluster/model.js'
import { NO_UPDATES } from '../../facts/updates.js'
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import { RETURN_TIMEOUT_MS } from '../../operations/reboot/request.js'
import type { UpdateResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import { UPDATE_PHASES, type UpdatePhase } from '../../operations/update-hosts/phases.js'
import type { UpdateRequest } from '../../operations/update-hosts/request.js'
import { PHASE_OF_ROLE } from '../../planning/update-hosts/plan.js'
import { rollOut } from '../reboot/roll-out.js'
import { atOnce, takingAway, type Rebooting } from '../reboot/steps.js'
import { activities } from '../run/activity-policies.js'
import { defineOperation } from '../run/define-operation.js'
import type { Run } from '../run/run.js'
import { holdingForUpdate, type UpdateToCarryOut } from './planning.js'

const EVERYTHING: UpdateRequest = {
  hosts: [],
  reboot: 'required',
  drain: DRAIN_DEFAULTS,
  returnTimeoutMs: RETURN_TIMEOUT_MS,
  windows: [],
}

/** Workflow: updates the packages of hosts of `input.cluster`. */
export const updateHosts = defineOperation('update-hosts', async (run, input) => {
  const request = input.request ?? EVERYTHING
  return holdingForUpdate(run, input, request, (plan) => update(run, plan, request))
})

function update(
  run: Run<UpdatePhase>,
  plan: UpdateToCarryOut,
  request: UpdateRequest,
): Promise<UpdateResult> {
  const rollout: Rebooting = { run, plan, request, before: new Map() }
  return rollOut({
    run,
    plan,
    table: UPDATE_PHASES,
    phases: PHASE_OF_ROLE,
    atOnce: atOnce(rollout),
    windows: request.windows,
    act: (host) => updateHost(rollout, plan, request, host),
    onSkip: 'leaves it cordoned if it was drained, until it is updated or rebooted again',
  })
}

function updateHost(
  rollout: Rebooting,
  { found }: UpdateToCarryOut,
  { reboot: rule }: UpdateRequest,
  host: Host,
): Promise<StepOutcome> {
  const planned = found.get(host.name) ?? NO_UPDATES
  return takingAway(rollout, host, 'update', (cluster, reboot) =>
    activities('upgrade', `${host.name}: update`).updateHost(cluster, host, { ...reboot, planned, rule }),
  )
}
