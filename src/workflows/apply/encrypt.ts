/** The phase of an apply that changes encryption at rest: stage by stage, each on one control plane after the other. */
import { keysIn, layoutName, parseLayout, type Layout } from '../../cluster/encryption-layout.js'
import { hostsWithRole, narrow, type Host } from '../../cluster/model.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { EncryptionChange } from '../../planning/encryption/plan.js'
import { count } from '../../values/words.js'
import { nextStage } from '../../planning/encryption/stages.js'
import { phase } from './apply-phase.js'
import { aroundBalancers } from './balancers.js'
import type { Bootstrap } from './bootstrap.js'
import { activities } from '../run/activity-policies.js'
import type { Phase } from '../run/run.js'

/** Changes it; without a phase if the cluster has what the file asks for. */
export function encrypt(
  apply: Bootstrap,
  before: () => readonly Promise<unknown>[],
): readonly Phase<StepOutcome>[] {
  const { encryption: what } = apply.plan
  if (what === undefined) return []
  return [phase(apply, 'encryption-at-rest', [what.first], () => change(apply, what), { after: before })]
}

/** What the cluster has to run through once more after a crash is found by looking, never remembered. */
async function change(apply: Bootstrap, what: EncryptionChange): Promise<StepOutcome> {
  const target = parseLayout(what.target) ?? {}
  const controlPlanes = [what.first, ...what.controlPlanes]
  let restarts = 0
  const written: string[] = []
  for (let isRewritten = false; ;) {
    const running = await Promise.all(controlPlanes.map((host) => observe(apply, what, host)))
    const stage = nextStage(running, target, isRewritten)
    switch (stage.kind) {
      case 'roll':
        for (const host of controlPlanes) {
          const outcome = await roll(apply, what, host, { layout: stage.layout, running })
          if (outcome.changed) restarts += 1
        }
        break
      case 'rewrite': {
        const resources = [...new Set([target, ...running].flatMap((one) => Object.keys(one)))].sort()
        const { changed, summary } = await rewrite(apply, what, resources)
        if (changed) written.push(`wrote ${summary}`)
        isRewritten = true
        break
      }
      case 'done':
        await activities('kubeadm', `${what.first.name}: encryption of the cluster`).settleEncryption(
          withControlPlanes(apply),
          what.first,
          what.target,
        )
        return outcomeOf(restarts, written)
    }
  }
}

function outcomeOf(restarts: number, written: readonly string[]): StepOutcome {
  const restarted = restarts === 0 ? [] : [`${count(restarts, 'restart')} of kube-apiserver`]
  const did = [...restarted, ...written]
  return { changed: did.length > 0, summary: did.length === 0 ? 'as it should be already' : did.join(', ') }
}

function withControlPlanes({ cluster, plan }: Bootstrap) {
  return narrow(cluster, ...new Set([...hostsWithRole(cluster, 'control-plane'), ...plan.etcd]))
}

function othersOf({ first, controlPlanes }: EncryptionChange, { name }: Host): readonly Host[] {
  return [first, ...controlPlanes].filter((other) => other.name !== name)
}

async function observe(apply: Bootstrap, what: EncryptionChange, host: Host): Promise<Layout> {
  const left = [what.first, ...what.controlPlanes].filter((one) => apply.run.isLeftOut(one))
  const missing = [...what.missing, ...left.map(({ name }) => name)]
  const name = await activities('kubeadm', `${host.name}: its keys`).observeEncryption(
    withControlPlanes(apply),
    host,
    { others: othersOf(what, host), missing },
  )
  return parseLayout(name) ?? {}
}

/** The cluster of the step may be a long way from its target: what it is given is one stage of the way. */
interface RollOf {
  readonly layout: Layout
  readonly running: readonly Layout[]
}

function roll(
  apply: Bootstrap,
  what: EncryptionChange,
  host: Host,
  { layout, running }: RollOf,
): Promise<StepOutcome> {
  const name = layoutName(layout)
  const inUse = [...new Set(running.flatMap(keysIn))]
  const isFirst = host.name === what.first.name
  return aroundBalancers(apply, host, () =>
    activities('kubeadm', `${host.name}: ${name === '' ? 'no encryption' : name}`).rollEncryption(
      withControlPlanes(apply),
      host,
      { layout: name, target: what.target, others: othersOf(what, host), isFirst, inUse },
    ),
  )
}

function rewrite(
  apply: Bootstrap,
  { first, target }: EncryptionChange,
  resources: readonly string[],
): Promise<StepOutcome> {
  return activities('upgrade', `${first.name}: write ${resources.join(', ')} again`).rewriteValues(
    withControlPlanes(apply),
    first,
    target,
    resources,
  )
}
