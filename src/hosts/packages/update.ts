/** Updates of all packages of a host, in a unit that outlives us. Versions of Kubernetes stay. */
import { HEADER } from '../../configuration/host-prerequisites.js'
import { CONTAINERD_CONFIG_FILE } from '../../configuration/containerd/config.js'
import { HAPROXY_CONFIG_FILE } from '../../configuration/load-balancer/haproxy.js'
import { KEEPALIVED_CONFIG_FILE } from '../../configuration/load-balancer/keepalived.js'
import { KUBERNETES_PACKAGES } from '../../configuration/packages.js'
import { answersIn } from '../../facts/answers.js'
import { parseUpdates, type HostUpdates } from '../../facts/updates.js'
import { lastLines, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { isUnderway, runDurably } from '../durable.js'
import { LOCK_TIMEOUT_S } from './install-script.js'
import { installedPackages } from './install.js'
import { packageManager } from './package-managers.js'

const STEP = 'packages'
const UNIT = 'update-packages'

/** Files that Quorate writes and that packages bring, too. */
const SHARED_FILES: readonly string[] = [
  CONTAINERD_CONFIG_FILE,
  HAPROXY_CONFIG_FILE,
  KEEPALIVED_CONFIG_FILE,
].map(({ path }) => path)

/** The package manager waits for locks of others, and then fetches lists. */
const LIST_TIMEOUT_MS = (LOCK_TIMEOUT_S + 300) * 1000

/**
 * Fetches the lists of packages, and tells what an update would do. Nothing that is installed changes.
 * @throws QuorateError `PACKAGES_FAILED` when the lists cannot be read.
 */
export async function findUpdates(context: HostContext): Promise<HostUpdates> {
  const { session, host } = context
  const { program, listUpdates } = packageManager(host)
  context.report('fetching lists of packages')
  const listed = await session.run(listUpdates(), { root: true, timeoutMs: LIST_TIMEOUT_MS })
  if (listed.exitCode !== 0) {
    const message = `${program} does not tell which updates there are: it ended with ${listed.exitCode}`
    throw context.error('PACKAGES_FAILED', message, { step: STEP, output: lastLines(listed.stderr) })
  }
  const updates = parseUpdates(answersIn(listed.stdout))
  return { ...updates, ownFiles: await filesOfOurs(session) }
}

// $1: the line with which our files begin; the rest: files. Prints those that are ours.
const OURS = `
header=$1; shift
for file in "$@"; do
  if head -n 1 "$file" 2>/dev/null | grep -qxF "$header"; then echo "$file"; fi
done`

async function filesOfOurs(session: Session): Promise<readonly string[]> {
  const { stdout } = await session.run(script(OURS, HEADER, ...SHARED_FILES), { root: true })
  return stdout.split('\n').filter((path) => SHARED_FILES.includes(path))
}

/** Whether each package is surely installed in the version that it was to get. */
export async function hasAll(
  context: HostContext,
  { packages, isInterrupted }: HostUpdates,
): Promise<boolean> {
  // Those that were half installed are not among the packages.
  if (isInterrupted) return false
  const installed = await installedPackages(
    context,
    packages.map(({ name }) => name),
  )
  return packages.every(({ name, to }) => installed[name] === to)
}

/** In memory, so it is gone with the boot: this operation has updated packages in the boot that the host runs. */
function thisBoot({ operation }: HostContext): string {
  return `/run/quorate/updated-${operation}`
}

/** Notes that an update of this operation belongs to the boot that runs now, and no reboot has followed it. */
export async function noteThisBoot(context: HostContext): Promise<void> {
  await context.session.writeFile(thisBoot(context), '', { mode: 0o600 })
}

/** Whether {@link noteThisBoot} was called in the boot that runs now. */
export async function isOfThisBoot(context: HostContext): Promise<boolean> {
  return (await context.session.readFile(thisBoot(context))) !== undefined
}

/** Whether this operation has begun to update the packages, and nobody has looked at the outcome. */
export function isUpdateBegun(context: HostContext): Promise<boolean> {
  return isUnderway(context, UNIT, () => Promise.resolve(true))
}

/**
 * Updates the packages.
 * @param clearTheWay called only if the update was not started yet.
 * @throws QuorateError `PACKAGES_FAILED`.
 */
export async function updatePackages(
  context: HostContext,
  found: HostUpdates,
  clearTheWay: () => Promise<void>,
): Promise<void> {
  const { program, update } = packageManager(context.host)
  const held = Object.keys(await installedPackages(context, KUBERNETES_PACKAGES))
  await runDurably(context, {
    unit: UNIT,
    title: 'update packages',
    command: update(held),
    prepare: async () => {
      await clearTheWay()
      return {}
    },
    failure: (exitCode, output) =>
      context.error('PACKAGES_FAILED', `${program} ended with ${exitCode}`, {
        step: STEP,
        output: lastLines(output),
      }),
  })
  const { packages } = await findUpdates(context)
  const still = packages.filter(({ name, to }) =>
    found.packages.some((one) => one.name === name && one.to === to),
  )
  if (still.length === 0) return
  const names = still.map(({ name }) => name).join(', ')
  throw context.error('PACKAGES_FAILED', `still not updated: ${names}`, { step: STEP })
}

/**
 * Makes sure that the files are still Quorate's.
 * @throws QuorateError `OWN_FILES_REPLACED` when a package has brought its own.
 */
export async function expectOwnFiles(context: HostContext, before: HostUpdates): Promise<void> {
  const ours = await filesOfOurs(context.session)
  const replaced = before.ownFiles.filter((path) => !ours.includes(path))
  if (replaced.length === 0) return
  const message = `an update has replaced ${replaced.join(', ')}`
  throw context.error('OWN_FILES_REPLACED', message, { step: STEP })
}

// Prints the services whose main process still has files open that an update has replaced.
const OLD_SERVICES = `
for maps in /proc/[0-9]*/maps; do
  if ! grep -qE ' /(usr|lib|lib64|bin|sbin|opt)/.* \\(deleted\\)$' "$maps" 2>/dev/null; then continue; fi
  process=\${maps#/proc/}; process=\${process%/maps}
  unit=$(sed -n 's|.*/system\\.slice/\\([^/]*\\.service\\)$|\\1|p' "/proc/$process/cgroup" 2>/dev/null | head -n 1)
  if [ -z "$unit" ]; then continue; fi
  # Its other processes may be meant to outlive it, as those of containers are.
  if [ "$(systemctl show --property=MainPID --value "$unit")" = "$process" ]; then echo "\${unit%.service}"; fi
done | sort -u`

/**
 * Restarts those of the services of the cluster that still run replaced files.
 * @returns the other services that do, which are left to their owner.
 */
export async function restartOldServices(
  context: HostContext,
  own: readonly string[],
): Promise<readonly string[]> {
  const { session } = context
  const { stdout } = await session.run(script(OLD_SERVICES), { root: true, timeoutMs: 60_000 })
  const old = stdout.split('\n').filter((name) => name !== '')
  for (const name of old.filter((one) => own.includes(one))) {
    context.report(`restarting ${name}, whose files have changed`)
    const restarted = await session.run(script('systemctl restart "$1"', name), {
      root: true,
      timeoutMs: 120_000,
    })
    if (restarted.exitCode !== 0) {
      throw context.error('SERVICE_NOT_RUNNING', `${name} does not restart`, {
        step: STEP,
        output: lastLines(restarted.stderr),
      })
    }
  }
  return old.filter((name) => !own.includes(name))
}
