/** Replacements on scripted hosts, for the tests of their runs. */
import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { ReplaceRequest } from '../../../src/operations/input.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { ReplaceResult } from '../../../src/operations/results.js'
import { eventually } from '../../support/eventually.js'
import { fakeActivities, progressOf, startScripted } from '../../support/fake-activities.js'
import type { ReplacedHost } from '../../support/replaced-host.js'
import { scriptedWorker, type ScriptedActivities } from '../../support/temporal.js'

interface Scene {
  readonly replace?: ScriptedActivities
  readonly request?: Partial<ReplaceRequest>
  readonly review?: boolean
}

/** Replaces a host of a finished cluster, and gives what `act` makes of the run. */
export async function replacing<Result>(
  temporal: TestWorkflowEnvironment,
  host: ReplacedHost,
  { replace = {}, request = {}, review = false }: Scene,
  act: (run: WorkflowHandle, journal: readonly string[]) => Promise<Result>,
): Promise<{ readonly journal: readonly string[]; readonly outcome: Result }> {
  const { journal, activities } = fakeActivities()
  const worker = await scriptedWorker(temporal, { ...activities, ...host.hosts(activities), ...replace })
  const asked: ReplaceRequest = {
    host: host.name,
    isDead: false,
    inPlace: false,
    drain: DRAIN_DEFAULTS,
    ...request,
  }
  const outcome = await worker.runUntil(async () => {
    const run = await startScripted(temporal, 'replace', host.cluster, { request: asked, review })
    return act(run, journal)
  })
  return { journal: journal.filter((entry) => !/^(?:lock|release) /.test(entry)), outcome }
}

/** How it ends. */
export const result = (run: WorkflowHandle) => run.result() as Promise<ReplaceResult>

/** Waits until a step is parked, and gives it. */
export async function parkedAt(run: WorkflowHandle, step: string) {
  const isParked = async () => (await progressOf(run)).blocked.some((one) => one.step === step)
  await eventually(isParked, `${step} is parked`)
  return (await progressOf(run)).blocked[0]
}

/** Tries every parked step again. */
export const retry = (run: WorkflowHandle) => run.executeUpdate(MESSAGES.retryStep.name, { args: [{}] })

/** The order of the beginnings, without the names of those through whom it happens. */
export const begun = (journal: readonly string[]) =>
  journal
    .filter((entry) => entry.endsWith(' begins'))
    .map((entry) => entry.replace(/(?: via \w+)? begins$/, ''))

/** The beginnings of what a control plane does when it leaves a cluster of three. */
export const LEAVES = (name: string, others: string) => [
  `drain ${name}`,
  `lb1 → ${others}`,
  `member ${name}`,
  `reset ${name}`,
  `delete ${name}`,
  `give back ${name}`,
]
/** The beginnings of what it does when it joins again. */
export const JOINS = (name: string) => [
  `prepare ${name}`,
  `test from ${name}`,
  `join ${name}`,
  'lb1 → cp1,cp2,cp3',
  'cluster DNS',
  'verify cp1,cp2,cp3,w1,w2,lb1',
]
