/** The product as it ships: the build, not the sources. Also where the sweep keeps its logs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import type * as clientModule from '../../../src/client.js'
import type * as sshModule from '../../../src/ssh/index.js'
import type * as serverModule from '../../../src/engine/server.js'
import type * as homeModule from '../../../src/engine/home.js'
import type * as processModule from '../../../src/engine/process.js'
import { PROJECT } from '../../support/process.js'

/** Logs of every lane, and everything that is known about failed cases. */
export const LOGS = join(PROJECT, '.cache', 'faults')

const BUILD = join(PROJECT, 'dist', 'src')
if (!existsSync(BUILD)) throw new Error('the fault sweep runs the build: npm run build')

async function built<Module>(path: string): Promise<Module> {
  return (await import(/* @vite-ignore */ pathToFileURL(join(BUILD, path)).href)) as Module
}

export const { connect } = await built<typeof clientModule>('client.js')
export const { createSessionPool, command, script } = await built<typeof sshModule>('ssh/index.js')
export const { startServer, waitUntilReady, loopback } = await built<typeof serverModule>('engine/server.js')
export const { engineHome, makeHome } = await built<typeof homeModule>('engine/home.js')
export const { stop } = await built<typeof processModule>('engine/process.js')

/** Compiles the failpoints to a file that Node.js can load before the product, and returns its URL. */
export function compileFailpoints(): string {
  mkdirSync(LOGS, { recursive: true })
  const source = readFileSync(new URL('failpoints.ts', import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    },
  })
  const file = join(LOGS, 'failpoints.mjs')
  writeFileSync(file, outputText)
  return pathToFileURL(file).href
}
