/**
 * A step on this very machine, with programs of a test's own ahead of the machine's and the host's places in a folder:
 * for what scripts of a step do. Long commands run at once here, in place of src/hosts/durable.ts
 * (`vi.mock('…/durable.js', () => import('…/local-step.js'))`), since a unit would take the machine's own programs.
 */
import type { DurableCommand } from '../../src/hosts/durable.js'
import { PATIENCE } from '../../src/hosts/timeouts.js'
import type { HostContext } from '../../src/hosts/context.js'
import type { Cluster } from '../../src/cluster/model.js'
import { aCluster } from './clusters.js'
import { localSession } from './local-session.js'
import type { Programs } from './programs.js'
import { relocated } from './relocated-session.js'

/** A step, and what it reports. */
export function localStep(
  programs: Programs,
  cluster: Cluster = aCluster(),
): HostContext & { readonly reported: readonly string[] } {
  const path = `${programs.folder}:${process.env.PATH ?? ''}`
  const session = relocated(localSession({ environment: { PATH: path } }), programs.folder)
  const reported: string[] = []
  return {
    cluster,
    host: session.host,
    session,
    sessions: { session: () => Promise.resolve(session), close: () => Promise.resolve() },
    operation: 'test',
    signal: new AbortController().signal,
    isCancelled: () => false,
    patience: PATIENCE,
    report: (line) => reported.push(line),
    reported,
  }
}

export async function runDurably(
  step: HostContext,
  durable: DurableCommand,
): Promise<{ durationMs: number }> {
  await durable.prepare?.()
  const { exitCode, stdout, stderr } = await step.session.run(durable.command, { root: true })
  const output = stdout + stderr
  for (const line of output.split('\n')) step.report(`${durable.title} ▸ ${line}`)
  if (exitCode !== 0) throw durable.failure(exitCode, output, 1)
  return { durationMs: 0 }
}
