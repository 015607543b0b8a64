/** The frame of a scenario: the hosts that it begins with, an apply that a fault strikes, and how it must end. */
import { afterAll, beforeAll, expect } from 'vitest'
import { expectWholeCluster } from '../../../support/expect-cluster.js'
import type { Ended } from '../../../support/process.js'
import { reach, reachAndFreeze, type Point } from './point.js'
import { fleet } from './scene.js'

/**
 * Begins the tests of a file with these hosts. At the end `end` runs, and the cluster is left to the next file if
 * there is one.
 */
export function scenario(begin: () => Promise<void>, end?: () => Promise<unknown>): void {
  beforeAll(begin)
  afterAll(async () => {
    await end?.()
    await fleet.down()
  })
}

/** A fault, and the moment at which it strikes. */
export interface Strike {
  readonly at: Point
  /** Hold kubeadm at that moment, so that it does not end before the fault. The fault must release it. */
  readonly hold?: boolean
  readonly fault: () => Promise<void>
}

/** Runs an apply that a fault strikes. It must end in a whole cluster without decisions or help. */
export async function applyThrough({ at, hold = false, fault }: Strike): Promise<void> {
  const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
  await (hold ? reachAndFreeze : reach)(fleet, at)
  await fault()
  await expectWhole(apply.ended)
}

/** The command succeeded, and there is a whole cluster. */
export async function expectWhole(ended: Ended | Promise<Ended>): Promise<void> {
  const { exitCode, stdout, stderr } = await ended
  expect(exitCode, stdout + stderr).toBe(0)
  await expectWholeCluster(fleet)
}
