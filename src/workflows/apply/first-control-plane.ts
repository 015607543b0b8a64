/** The first control plane: its init, and the comparison of the file with the cluster that then answers. */
import type { Host } from '../../cluster/model.js'
import type { Seed } from '../../operations/rebuild/request.js'
import type { StepOutcome } from '../../operations/steps.js'
import { compareWithCluster } from '../../planning/drift/drift.js'
import { observedHosts } from '../../planning/plan.js'
import type { Bootstrap } from './bootstrap.js'
import { failWith } from '../run/failure.js'
import { summarise } from '../run/inspect.js'
import { initControlPlane, readStanding } from './steps.js'

/** From here on no step touches a host with another cluster's CA. */
export async function initialise(apply: Bootstrap, host: Host) {
  const { cluster } = apply
  const { caHash, ...outcome } = await initControlPlane(apply, host)
  apply.cluster = { ...cluster, caHash }
  return outcome
}

/** The same with a seed: the cluster is known, and its CA with it. */
export async function beginWith(apply: Bootstrap, host: Host, seed: Seed): Promise<StepOutcome> {
  const { changed, summary } = await initControlPlane(apply, host, seed)
  return { changed, summary }
}

/** The API did not answer when the plan was made, but does now. The file may ask for something that it cannot have. */
export async function compareWithRunning(apply: Bootstrap, host: Host): Promise<StepOutcome> {
  const presence = await readStanding(apply, host)
  const { file, facts, channel } = apply.looked
  const problems = compareWithCluster(file, observedHosts(file, facts), presence, channel).filter(
    ({ severity }) => severity === 'error',
  )
  if (problems.length > 0) throw failWith(problems)
  return { changed: false, summary: summarise(presence) }
}
