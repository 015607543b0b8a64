/** Rebooting hosts, group after group. */
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import { REBOOT_PHASES, type RebootPhase } from '../../operations/reboot/phases.js'
import { RETURN_TIMEOUT_MS, type RebootRequest } from '../../operations/reboot/request.js'
import type { RebootResult } from '../../operations/results.js'
import { defineOperation } from '../run/define-operation.js'
import type { Run } from '../run/run.js'
import { holdingForReboot } from './planning.js'
import { rollOut } from './roll-out.js'
import { atOnce, rebootHost, type Rebooting } from './steps.js'

const EVERYTHING: RebootRequest = {
  hosts: [],
  required: false,
  drain: DRAIN_DEFAULTS,
  returnTimeoutMs: RETURN_TIMEOUT_MS,
  windows: [],
}

const PHASES = {
  etcd: 'etcd-reboots',
  'control-plane': 'control-plane-reboots',
  worker: 'worker-reboots',
  'load-balancer': 'load-balancer-reboots',
} as const

/** Workflow: reboots hosts of `input.cluster`. */
export const rebootHosts = defineOperation('reboot', async (run, input) => {
  const request = input.request ?? EVERYTHING
  return holdingForReboot(run, input, request, (plan) =>
    reboot(run, { run, plan, request, before: new Map() }),
  )
})

function reboot(run: Run<RebootPhase>, rebooting: Rebooting): Promise<RebootResult> {
  const { plan, request } = rebooting
  return rollOut({
    run,
    plan,
    table: REBOOT_PHASES,
    phases: PHASES,
    atOnce: atOnce(rebooting),
    windows: request.windows,
    act: (host) => rebootHost(rebooting, host),
    onSkip: 'leaves it cordoned, until it is rebooted again',
  })
}
