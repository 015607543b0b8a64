/** Temporal's UI for one user, on the server that is configured or on the embedded engine. */
import { engineSeal, ensureEngine } from '../engine/engine.js'
import { connect } from '../temporal/connection.js'
import { codecEndpoint } from '../temporal/seal/codec-endpoint.js'
import { plainSettings, serverSettings, type TemporalOptions } from '../temporal/settings.js'
import { startAssets } from '../ui/assets.js'
import { serveUi } from '../ui/serve.js'
import type { RunReference } from './run-reference.js'
import { runPath, runsPath } from './ui-address.js'
import { defined } from '../values/defined.js'

export interface UiOptions {
  readonly temporal: TemporalOptions
  /** The run that the link shows; without it the link shows the list of all runs. */
  readonly run?: RunReference
  /** The preferred port on 127.0.0.1; another one is used if it is not free. */
  readonly port?: number
  /** Called when a browser has used the link, with a link for the next one. */
  readonly onLogin?: (next: string) => void
}

/** A UI that is served until it is closed. */
export interface OpenUi {
  /** Opens the UI in one browser, once. */
  readonly link: string
  /** Resolves with the last words of the server that has the pages, if that ends by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/**
 * Serves the UI. The embedded engine is started if no other server is configured.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `ENGINE_FAILED`, and what connecting throws.
 */
export async function openUi({ temporal, run, port, onLogin }: UiOptions): Promise<OpenUi> {
  const settings =
    serverSettings(temporal) ??
    plainSettings((await ensureEngine({ handOver: 'nothing' })).address, engineSeal())
  const path = run === undefined ? runsPath(settings.namespace) : runPath(settings.namespace, run)
  const open: Closable[] = []
  try {
    const connection = await connect(settings)
    open.unshift(connection)
    const assets = await startAssets()
    open.unshift(assets)
    const served = await serveUi({
      client: () => connection.client,
      assets,
      // The one browser that is logged in can read what is encrypted.
      ...(connection.seal === undefined ? {} : { codec: codecEndpoint(connection.seal) }),
      ...defined({ port }),
      onLogin: () => onLogin?.(served.link(path)),
    })
    open.unshift(served)
    return { link: served.link(path), ended: assets.ended, close: () => closeAll(open) }
  } catch (error) {
    await closeAll(open)
    throw error
  }
}

interface Closable {
  close(): Promise<void>
}

/** Closes all in this order, even if closing one of them fails. */
async function closeAll([first, ...others]: readonly Closable[]): Promise<void> {
  try {
    await first?.close()
  } finally {
    if (others.length > 0) await closeAll(others)
  }
}
