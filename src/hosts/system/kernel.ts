/** The kernel of a host that becomes a node: modules and parameters, in effect now and at boot. */
import {
  FORMER_SYSCTL_FILE,
  KERNEL_MODULES,
  MODULES_FILE,
  OPTIONAL_SYSCTLS,
  SYSCTL_FILE,
  SYSCTLS,
} from '../../configuration/host-prerequisites.js'
import { command, script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { ensure } from '../ensure.js'

/**
 * Loads the modules, now and at boot. A module may be built in, or loaded by the machine around a container: its effect
 * counts, not modprobe's.
 * @returns whether anything was changed.
 * @throws QuorateError `KERNEL_NOT_PREPARED`.
 */
export async function loadKernelModules(context: HostContext): Promise<boolean> {
  const written = await context.session.writeFile(MODULES_FILE.path, MODULES_FILE.content, MODULES_FILE)
  const loaded = await ensure(context, {
    title: 'kernel modules',
    holds: script(
      'grep -qw overlay /proc/filesystems && test -e /proc/sys/net/bridge/bridge-nf-call-iptables',
    ),
    make: script('for module in "$@"; do modprobe "$module" 2>/dev/null || true; done', ...KERNEL_MODULES),
    otherwise: {
      code: 'KERNEL_NOT_PREPARED',
      message: `kernel modules cannot be loaded: ${KERNEL_MODULES.join(', ')}`,
      hint: 'install the kernel modules package of the running kernel, then apply again',
    },
  })
  return written || loaded
}

const HOLD = `
optional=" $1 "
shift
for pair in "$@"; do
  name=\${pair%%=*}
  value=$(sysctl -n "$name") || case $optional in *" $name "*) continue ;; *) exit 1 ;; esac
  [ "$value" = "\${pair#*=}" ] || exit 1
done`

/**
 * Sets the kernel's parameters, now and at boot; those that only a kernel with IPv6 has may be missing.
 * @returns whether anything was changed.
 * @throws QuorateError `KERNEL_NOT_PREPARED`.
 */
export async function setKernelParameters(context: HostContext): Promise<boolean> {
  const { session } = context
  const written = await session.writeFile(SYSCTL_FILE.path, SYSCTL_FILE.content, SYSCTL_FILE)
  if (written) await session.run(command('rm', '-f', FORMER_SYSCTL_FILE), { root: true })
  const pairs = Object.entries(SYSCTLS).map(([name, value]) => `${name}=${value}`)
  const set = await ensure(context, {
    title: 'kernel parameters',
    holds: script(HOLD, OPTIONAL_SYSCTLS.join(' '), ...pairs),
    make: command('sysctl', '-q', '-p', SYSCTL_FILE.path),
    otherwise: {
      code: 'KERNEL_NOT_PREPARED',
      message: `sysctl rejects the settings of ${SYSCTL_FILE.path}`,
    },
  })
  return written || set
}
