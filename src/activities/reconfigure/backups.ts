/**
 * Files as they were before a change, kept on the host until every component that reads them is healthy. A step that was
 * killed finds them again, so what it goes back to is never half of its own change.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { HostContext } from '../../hosts/context.js'
import { expectSuccess, script } from '../../ssh/index.js'

const FOLDER = `${HOST_PATHS.quorate}/before-configuration`

const LIST = `cd "$1" 2>/dev/null && ls || true`

/** The names of what is kept. */
export async function keptBackups({ session }: HostContext): Promise<readonly string[]> {
  const { stdout } = await session.run(script(LIST, FOLDER), { root: true })
  return stdout.split('\n').filter((name) => name !== '')
}

/** Keeps the content, unless an earlier attempt has kept what was there before it. */
export async function keepBackup({ session }: HostContext, name: string, content: string): Promise<void> {
  const path = `${FOLDER}/${name}`
  if ((await session.readFile(path)) === undefined) await session.writeFile(path, content, { mode: 0o600 })
}

/** Puts the content back; false if nothing is kept under the name. */
export async function putBack({ session }: HostContext, name: string, path: string): Promise<boolean> {
  const content = await session.readFile(`${FOLDER}/${name}`)
  return content !== undefined && (await session.writeFile(path, content, { mode: 0o600 }))
}

/** Removes everything that is kept. */
export async function dropBackups({ session, host }: HostContext): Promise<void> {
  const dropped = await session.run(script('rm -rf -- "$1"', FOLDER), { root: true })
  expectSuccess(dropped, 'removing backups', host)
}
