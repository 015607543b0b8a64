/**
 * A host context on this machine: fake programs come before the machine's own, and the host's places are a folder. For
 * tests of what the scripts of a step do. Long commands run at once here instead of in src/hosts/durable.ts
 * (`vi.mock('…/durable.js', () => import('…/local-context.js'))`), because a unit would take the machine's programs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DurableCommand } from '../../src/hosts/durable.js'
import { PATIENCE } from '../../src/hosts/timeouts.js'
import { hostContext, type HostContext } from '../../src/hosts/context.js'
import type { Cluster } from '../../src/cluster/model.js'
import { aCluster } from './clusters.js'
import { localSession } from './local-session.js'
import type { FakePrograms } from './fake-programs.js'
import { inFolder } from './session-in-folder.js'

/** The context, and what was reported through it. */
export function localContext(
  programs: FakePrograms,
  cluster: Cluster = aCluster(),
): HostContext & { readonly reported: readonly string[] } {
  const path = `${programs.folder}:${process.env.PATH ?? ''}`
  const session = inFolder(localSession({ environment: { PATH: path } }), programs.folder)
  const reported: string[] = []
  const context = hostContext({
    cluster,
    host: session.host,
    session,
    sessions: { session: () => Promise.resolve(session), close: () => Promise.resolve() },
    operation: 'test',
    signal: new AbortController().signal,
    isCancelled: () => false,
    patience: PATIENCE,
    report: (line) => reported.push(line),
  })
  return { ...context, reported }
}

export async function runDurably(
  context: HostContext,
  durable: DurableCommand,
): Promise<{ durationMs: number }> {
  const secrets = Object.entries((await durable.prepare?.()) ?? {})
  const folder = mkdtempSync(join(tmpdir(), 'quorate-secrets-'))
  for (const [name, content] of secrets) writeFileSync(join(folder, name), content)
  const command = { line: `QUORATE_SECRETS=${folder} ${durable.command.line}` }
  const { exitCode, stdout, stderr } = await context.session.run(command, { root: true })
  rmSync(folder, { recursive: true })
  const output = stdout + stderr
  for (const line of output.split('\n')) context.report(`${durable.title} ▸ ${line}`)
  if (exitCode !== 0) throw durable.failure(exitCode, output, 1)
  return { durationMs: 0 }
}

/** Nothing of an earlier operation runs here. */
export function waitForOthers(): Promise<void> {
  return Promise.resolve()
}

/** No attempt was made before. */
export function isUnderway(): Promise<boolean> {
  return Promise.resolve(false)
}
