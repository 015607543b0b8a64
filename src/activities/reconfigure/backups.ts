/**
 * Files as they were before a change, kept on the host until every component that reads them is healthy. A step that was
 * killed finds them again, so what it goes back to is never half of its own change. Those of another version of Kubernetes
 * do not count: an upgrade has written these files since.
 */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { HostContext } from '../../hosts/context.js'
import { expectSuccess, script } from '../../ssh/index.js'

const FOLDER = `${HOST_PATHS.quorate}/before-configuration`

const LIST = `cd "$1" 2>/dev/null && ls || true`

function pathOf({ cluster }: HostContext, name = ''): string {
  return `${FOLDER}/${cluster.kubernetes.version}/${name}`
}

/** The names of what is kept. */
export async function keptBackups(context: HostContext): Promise<readonly string[]> {
  const { stdout } = await context.session.run(script(LIST, pathOf(context)), { root: true })
  return stdout.split('\n').filter((name) => name !== '')
}

/** Keeps the content, unless an earlier attempt has kept what was there before it. */
export async function keepBackup(context: HostContext, name: string, content: string): Promise<void> {
  const path = pathOf(context, name)
  if ((await context.session.readFile(path)) !== undefined) return
  await context.session.writeFile(path, content, { mode: 0o600 })
}

/** Puts the content back; false if nothing is kept under the name, or if it is there already. */
export async function putBack(
  context: HostContext,
  name: string,
  path: string,
  mode = 0o600,
): Promise<boolean> {
  const content = await context.session.readFile(pathOf(context, name))
  return content !== undefined && (await context.session.writeFile(path, content, { mode }))
}

/** Removes everything that is kept. */
export async function dropBackups({ session, host }: HostContext): Promise<void> {
  const dropped = await session.run(script('rm -rf -- "$1"', FOLDER), { root: true })
  expectSuccess(dropped, 'removing backups', host)
}
