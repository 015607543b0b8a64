/**
 * Makes services run with the configuration in their file. Whether they do is judged by what the host has recorded of
 * their last start, not by what this attempt wrote: an earlier one may have died between the file and the restart.
 */
import { expectSuccess, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** A service and the file that it reads when it starts. */
export interface ConfiguredService {
  readonly name: string
  readonly configuration: string
  /** How a running service is made to read it. */
  readonly action: 'restart' | 'reload-or-restart'
}

/** The script's exit status if the service already runs with the content of its file. */
const UNCHANGED = 3

// $1: service, $2: its file, $3: action, $4: the folder of digests. The digest is recorded last, so that an interrupted
// restart is done again.
const ENSURE = `
loaded=$4/$1
digest=$(sha256sum <"$2")
enabled=yes
systemctl is-enabled --quiet "$1" || enabled=no
if [ $enabled = no ]; then systemctl enable --quiet "$1"; fi
if systemctl is-active --quiet "$1" && [ "$(cat "$loaded" 2>/dev/null)" = "$digest" ]; then
  if [ $enabled = yes ]; then exit ${UNCHANGED}; fi
  exit 0
fi
systemctl "$3" "$1"
(umask 022 && mkdir -p "\${loaded%/*}")
printf '%s\\n' "$digest" >"$loaded.new"
sync -- "$loaded.new"
mv -f -- "$loaded.new" "$loaded"`

/**
 * Enables the service and makes it run with the configuration in its file.
 * @returns false if it already did.
 * @throws QuorateError `COMMAND_FAILED` when it does not start.
 */
export async function ensureService(context: HostContext, service: ConfiguredService): Promise<boolean> {
  const { name, configuration, action } = service
  const result = await context.session.run(script(ENSURE, name, configuration, action, HOST_PATHS.loaded), {
    root: true,
    timeoutMs: 90_000,
  })
  if (result.exitCode === UNCHANGED) return false
  expectSuccess(result, `starting ${name}`, context.host)
  return true
}
