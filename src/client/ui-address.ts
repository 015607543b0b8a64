/** Where a run can be looked at in the Temporal UI. */
import { z } from 'zod'
import type { ServerSettings } from '../temporal/settings.js'
import type { RunReference } from './run-reference.js'

/** Usual ports of a UI for a server on this machine: the Temporal CLI's, and that of our docker-compose.yml. */
const LOCAL_UI_PORTS = [8233, 8080]
const PROBE_TIMEOUT_MS = 1_000

/** Settings that only Temporal's UI has: something else may listen on these ports. */
const UI_SETTINGS = z.looseObject({ DefaultNamespace: z.string(), FeedbackURL: z.string() })

/**
 * URL of a server's UI: `TEMPORAL_UI_ADDRESS` if set, Temporal Cloud's, or one on this machine for a server on this
 * machine. Otherwise undefined, since servers do not report it.
 */
export async function uiAddressOf(
  { address }: ServerSettings,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  localPorts: readonly number[] = LOCAL_UI_PORTS,
): Promise<string | undefined> {
  const named = environment.TEMPORAL_UI_ADDRESS
  if (named !== undefined && named !== '') return named.replace(/\/$/, '')
  if (/\.(tmprl\.cloud|api\.temporal\.io):\d+$/.test(address)) return 'https://cloud.temporal.io'
  if (!/^(localhost|127\.|\[::1\])/.test(address)) return undefined
  for (const port of localPorts) {
    const url = `http://127.0.0.1:${port}`
    if (await isTemporalUi(url)) return url
  }
  return undefined
}

async function isTemporalUi(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
    const answer = await fetch(`${url}/api/v1/settings`, { signal, redirect: 'error' })
    return UI_SETTINGS.safeParse(await answer.json()).success
  } catch {
    return false
  }
}

/** URL of one run: its timeline, where each step is a bar with its name. */
export function runAddress(uiAddress: string, namespace: string, run: RunReference): string {
  return `${uiAddress}${runPath(namespace, run)}`
}

/** Path of one run below the URL of a UI. */
export function runPath(namespace: string, { workflowId, runId }: RunReference): string {
  return `${runsPath(namespace)}/${encodeURIComponent(workflowId)}/${runId}/timeline`
}

/** Path of the list of all runs below the URL of a UI. */
export function runsPath(namespace: string): string {
  return `/namespaces/${encodeURIComponent(namespace)}/workflows`
}
