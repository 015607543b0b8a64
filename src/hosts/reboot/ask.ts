/** Reboots a host, as a unit: whoever loses it on the way finds out by the boot id whether it has happened. */
import { isQuorateError } from '../../errors/index.js'
import type { BootRecord } from '../../facts/boot.js'
import { lastLines, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { runDurably } from '../durable.js'

// The unit ends before the host goes down, so its outcome is told. An attempt that comes late reboots no host twice.
// $1: the boot that is to end.
const REBOOT = `
[ "$(cat /proc/sys/kernel/random/boot_id)" = "$1" ] || exit 0
exec systemd-run --quiet --collect --on-active=2s --timer-property=AccuracySec=100ms systemctl reboot`

/**
 * Asks the host to reboot, unless it has since.
 * @param clearTheWay called only if it was not asked yet.
 * @throws QuorateError `COMMAND_FAILED` when systemd refuses.
 */
export async function askForReboot(
  context: HostContext,
  { bootId }: BootRecord,
  clearTheWay: () => Promise<void>,
): Promise<void> {
  try {
    await runDurably(context, {
      unit: 'reboot',
      title: 'reboot',
      command: script(REBOOT, bootId),
      prepare: async () => {
        await clearTheWay()
        return {}
      },
      failure: (exitCode, output) =>
        context.error('COMMAND_FAILED', `the host does not reboot: systemd-run ended with ${exitCode}`, {
          step: 'reboot',
          output: lastLines(output),
        }),
    })
  } catch (error) {
    context.signal.throwIfAborted()
    // It may be going down already, and takes the connection with it.
    if (!isQuorateError(error) || !GOING_DOWN.some((code) => code === error.code)) throw error
  }
}

const GOING_DOWN = ['SSH_CONNECTION_LOST', 'SSH_TIMEOUT', 'SSH_UNREACHABLE', 'UNIT_INTERRUPTED'] as const
