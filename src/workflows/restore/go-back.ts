/** The way back to the old data: after an abort, a cancel or a failure, as long as no API server has served the new ones. */
import { CancellationScope } from '@temporalio/workflow'
import type { Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { listNames } from '../../preflight/finding.js'
import * as steps from './steps.js'
import type { Restoring } from './steps.js'

/** How far a restore has come. `beside`: nothing is stopped. `serving`: API servers start, and nothing goes back. */
export type Reached = 'beside' | 'stopped' | 'serving'

/**
 * Goes back on every host. Hosts do not wait for one another: members with old and with new data cannot mix, because the
 * new etcd has another id. A host that cannot go back stays stopped.
 */
export async function goBack(restoring: Restoring, from: Exclude<Reached, 'serving'>): Promise<void> {
  const { run, parts } = restoring
  const hosts = parts.members.map(({ host }) => host)
  const attempt = (on: readonly Host[], act: (host: Host) => Promise<unknown>) =>
    run.attempt('go-back', on, act)
  await CancellationScope.nonCancellable(async () => {
    const data = await attempt(hosts, (host) => steps.putDataBack(restoring, host))
    if (from === 'beside') {
      report(restoring, data.failures, 'what was restored beside may be left on')
      return
    }
    const back = hosts.filter(({ name }) => !data.failures.some(({ host }) => host === name))
    const started = await attempt(back, async (host) => {
      const outcome = await steps.startControlPlane(restoring, host)
      await steps.conclude(restoring, host)
      return outcome
    })
    const failures = [...data.failures, ...started.failures]
    report(restoring, failures, 'the control plane did not come back on')
    if (failures.length === 0) run.warn('went back: etcd and API servers run with the old data')
  })
}

function report({ run }: Restoring, failures: readonly ErrorReport[], what: string): void {
  if (failures.length === 0) return
  const names = listNames(failures.map(({ host = '' }) => host))
  const reasons = failures.map(({ host = '', message }) => `${host}: ${message}`).join('; ')
  run.warn(`${what} ${names} (${reasons}); restore again, which goes on from there`)
}
