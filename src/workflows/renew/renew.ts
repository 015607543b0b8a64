/**
 * Renewing the certificates of a cluster: etcd's own first, then one control plane after the other, then kubelets. Where
 * everything has ended, and no API answers, the same steps bring it back from the files up.
 */
import type { Host } from '../../cluster/model.js'
import { isPartOf, whyNever, type PhaseDefinition } from '../../operations/phase.js'
import { RENEW_PHASES, type RenewPhase } from '../../operations/renew-phases.js'
import type { RenewResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { RenewingHost } from '../../planning/renew/due.js'
import { defineOperation } from '../run/define-operation.js'
import { together } from '../run/together.js'
import { holdingForRenewal } from './planning.js'
import * as steps from './steps.js'
import type { Renewing } from './steps.js'

/** Workflow: renews the certificates of `input.cluster` that are due, or all of them. */
export const renewCertificates = defineOperation('renew', async (run, input) => {
  const request = input.request ?? { hosts: [], all: false }
  return holdingForRenewal(run, input, request, (plan) => renew({ run, plan }))
})

/** The sequence. Each group waits for everything before it, since a phase without hosts is over at once. */
async function renew(renewing: Renewing): Promise<RenewResult> {
  const { authority, startingMembers, members, clients, controlPlanes, kubelets, workers } = renewing.plan
  const made = new Made()
  const begin = (before: Promise<unknown>) => (id: RenewPhase, hosts: readonly Host[], act: Act) =>
    together(before, phase(renewing, made, id, hosts, act, before))
  const certified = begin(Promise.resolve())(
    'etcd-certificates',
    authority === undefined ? [] : [authority],
    steps.makeEtcdAuthority,
  )
  const started = begin(certified)('etcd', startingMembers, steps.runEtcdMember)
  const ofMembers = begin(started)('renew-certificates', members, steps.renewEtcdCertificates)
  const ofControlPlanes = begin(ofMembers)(
    'control-plane-certificates',
    hostsOf(controlPlanes),
    only(controlPlanes, steps.renewControlPlane),
  )
  // The kubelet starts the pods of its control plane, and needs no API for that.
  const running = begin(ofControlPlanes)(
    'kubelet-certificates',
    hostsOf(kubelets),
    only(kubelets, steps.renewKubelet),
  )
  const ofClients = begin(running)('renew-certificates', clients, steps.renewEtcdCertificates)
  const served = begin(ofClients)(
    'certificates-served',
    [...new Set([...startingMembers, ...members, ...hostsOf(controlPlanes)])],
    steps.verifyServed,
  )
  await begin(served)('kubelet-certificates', hostsOf(workers), only(workers, steps.renewKubelet))
  return resultOf(renewing, made)
}

type Act = (renewing: Renewing, host: Host) => Promise<StepOutcome>

/** What was done on each host, in the order in which it was. */
class Made {
  readonly #did = new Map<string, string[]>()

  note({ name }: Host, { changed, summary }: StepOutcome): void {
    if (changed) this.#did.set(name, [...(this.#did.get(name) ?? []), summary])
  }

  of({ name }: Host): readonly string[] {
    return this.#did.get(name) ?? []
  }
}

/** Starts a phase. */
function phase(
  renewing: Renewing,
  made: Made,
  id: RenewPhase,
  hosts: readonly Host[],
  act: Act,
  before: Promise<unknown>,
): Promise<unknown> {
  const acted = async (host: Host) => {
    const outcome = await act(renewing, host)
    made.note(host, outcome)
    return outcome
  }
  const definition: PhaseDefinition = RENEW_PHASES[id]
  if (!isPartOf(renewing.plan.cluster, definition)) return Promise.resolve()
  const started = renewing.run.phase(id, hosts, acted, {
    after: () => [before],
    notSkippable: () => whyNever(definition),
  })
  return started.all()
}

function hostsOf(entries: readonly RenewingHost[]): readonly Host[] {
  return entries.map(({ host }) => host)
}

/** Acts on the entry of a host. */
function only(
  entries: readonly RenewingHost[],
  act: (renewing: Renewing, entry: RenewingHost) => Promise<StepOutcome>,
): Act {
  return (renewing, { name }) => {
    const entry = entries.find(({ host }) => host.name === name)
    if (entry === undefined) throw new Error(`${name} is not renewed`)
    return act(renewing, entry)
  }
}

function resultOf({ run, plan }: Renewing, made: Made): RenewResult {
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    hosts: plan.cluster.hosts.flatMap((host) => {
      const did = made.of(host)
      return did.length === 0 ? [] : [{ name: host.name, did }]
    }),
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}
