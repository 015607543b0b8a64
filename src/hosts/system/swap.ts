/** Turns swap off, now and at every boot: in /etc/fstab, in systemd's target for it, in distributions' own services. */
import { keepsSwap, SWAP_SERVICES } from '../../facts/swap.js'
import { script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'

/** Lines of /etc/fstab that are in effect and set up swap; a mount point may be called swap as well. */
const FSTAB = String.raw`^[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)`

/**
 * Shell functions: `swap_at_boot SERVICE…` prints what turns swap on at boot, one per line. swap.target pulls in
 * whatever systemd knows of (units, generators such as zram's, partitions found by their type).
 */
export const SWAP_AT_BOOT = `
swap_units() {
  [ "$(systemctl is-enabled swap.target 2>/dev/null || true)" != masked ] || return 0
  systemctl show --property=Wants --property=Requires --value swap.target 2>/dev/null | tr ' ' '\\n' \\
    | grep '[.]swap$' | sort -u || true
}
swap_at_boot() {
  if grep -qE '${FSTAB}' /etc/fstab 2>/dev/null; then echo /etc/fstab; fi
  swap_units
  for service in "$@"; do
    if systemctl is-enabled --quiet "$service" 2>/dev/null; then echo "$service"; fi
  done
}`

// Exit status 3: nothing to do.
const TURN_OFF = `${SWAP_AT_BOOT}
active() { [ "$(tail -n +2 /proc/swaps | wc -l)" != 0 ]; }
if ! active && [ -z "$(swap_at_boot "$@")" ]; then exit 3; fi
if grep -qE '${FSTAB}' /etc/fstab 2>/dev/null; then
  sed -i -E '/${FSTAB}/s/^/# quorate: /' /etc/fstab
  systemctl daemon-reload
fi
for service in "$@"; do
  if systemctl is-enabled --quiet "$service" 2>/dev/null; then
    systemctl mask --quiet --now "$service" || systemctl disable --quiet --now "$service"
  fi
done
if [ -n "$(swap_units)" ]; then systemctl mask --quiet swap.target; fi
if active; then swapoff -a; fi
if active; then echo 'swap is still on' >&2; exit 1; fi
left=$(swap_at_boot "$@")
if [ -n "$left" ]; then echo "still turned on at boot by" $left >&2; exit 1; fi`

const NOTHING_TO_DO = 3
const SWAPOFF_TIMEOUT_MS = 300_000

/**
 * Turns swap off if kubelet refuses to start with it; false if it was off, and will be after the next boot.
 * @throws QuorateError `KERNEL_NOT_PREPARED` when something keeps it on.
 */
export async function turnSwapOff({ session, cluster, error }: HostContext): Promise<boolean> {
  if (keepsSwap(cluster)) return false
  const result = await session.run(script(TURN_OFF, ...SWAP_SERVICES), {
    root: true,
    timeoutMs: SWAPOFF_TIMEOUT_MS,
  })
  if (result.exitCode === NOTHING_TO_DO) return false
  if (result.exitCode === 0) return true
  throw error('KERNEL_NOT_PREPARED', `swap cannot be turned off: ${result.stderr.trim()}`, {
    step: 'swap',
    hint: 'check /proc/swaps and turn swap off by hand, or set failSwapOn: false in kubernetes.kubeadm.kubeletConfiguration',
  })
}
