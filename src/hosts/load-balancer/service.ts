/** A service of the load balancer and its one file, which the service's own program checks before it takes effect. */
import type { HostFile } from '../../configuration/host-prerequisites.js'
import { sha256 } from '../../values/sha256.js'
import { command, expectSuccess, lastLines, script, type Command } from '../../ssh/index.js'
import { ensureService } from '../system/service.js'
import type { HostContext } from '../context.js'

/** A service and its configuration file. */
export interface BalancerService extends HostFile {
  /** The name of systemd's service; also the program's name. */
  readonly service: string
  /** The command with which the program checks a file. */
  readonly check: (path: string) => Command
}

// $1: the file, $2: its mode and owner, $3: the digest of its content.
const HOLDS = `
[ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c '%a %U:%G' -- "$1")" = "$2" ] || exit 1
[ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$3" ]`

/**
 * Makes the service run with this configuration, now and after a boot; a running service picks it up without
 * interruption. A configuration that the program rejects never replaces one that works.
 * @returns false if it already did.
 * @throws QuorateError `SERVICE_NOT_RUNNING` for a configuration that is rejected.
 */
export async function configureService(context: HostContext, wanted: BalancerService): Promise<boolean> {
  const { service, path, mode, content } = wanted
  const look = script(HOLDS, path, `${mode.toString(8)} root:root`, sha256(content))
  const isWritten = (await context.session.run(look, { root: true })).exitCode === 0
  if (!isWritten) await writeConfiguration(context, wanted)
  const loaded = await ensureService(context, {
    name: service,
    configuration: path,
    action: 'reload-or-restart',
  })
  return !isWritten || loaded
}

async function writeConfiguration(context: HostContext, wanted: BalancerService): Promise<void> {
  const { session, host } = context
  const { service, path, mode, content, check } = wanted
  const candidate = `${path}.quorate`
  await session.writeFile(candidate, content, { mode })
  const judged = await session.run(check(candidate), { root: true })
  if (judged.exitCode !== 0) {
    throw context.error('SERVICE_NOT_RUNNING', `${service} rejects its configuration`, {
      step: 'load balancer',
      output: lastLines(judged.stderr),
    })
  }
  const replaced = await session.run(command('mv', candidate, path), { root: true })
  expectSuccess(replaced, `replacing ${path}`, host)
}
