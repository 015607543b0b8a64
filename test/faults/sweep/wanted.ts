/** What of the sweep the operator wants: scripts/test-faults.sh. */
import { APPLY, DAY_2, type Scenario } from './scenario.js'

const SCENARIOS = [APPLY, ...DAY_2]
/** What every change must pass; real clusters are upgraded and replaced there as well. The others are on demand. */
const EVERY_CHANGE = ['apply', 'remove-cp2', 'reset-w1']

/** Parts of the names of the wanted cases; without any, all are wanted. */
const only = partsOf(process.env.QUORATE_FAULTS_ONLY)
/** Parts of the names of the wanted operations; without any, all are wanted. */
const operations = partsOf(process.env.QUORATE_FAULTS_OPERATIONS)

/** Whether this is what every change must pass: fewer faults of an apply, and few other operations. */
export const isForEveryChange = process.env.QUORATE_FAULTS_CI === '1'

/** Whether single cases are named. */
export const isNarrowed = only.length > 0

/** Whether the case is wanted. */
export function isWanted(name: string): boolean {
  return only.length === 0 || only.some((part) => name.includes(part))
}

/** Those that have cases that are wanted. */
export function wantedScenarios(): readonly Scenario[] {
  const named = SCENARIOS.filter(({ name }) => only.some((part) => part.startsWith(`${name}/`)))
  const usual = SCENARIOS.filter(({ name }) => !isForEveryChange || EVERY_CHANGE.includes(name))
  const possible = only.length > 0 && named.length > 0 ? named : usual
  return possible.filter(
    ({ name }) => operations.length === 0 || operations.some((part) => name.includes(part)),
  )
}

function partsOf(list: string | undefined): readonly string[] {
  return (list ?? '').split(',').filter(Boolean)
}
