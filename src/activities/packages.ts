/** Packages on Debian and its kin: wanted versions installed and held, by apt in a unit that outlives us. */
import { QuorateError } from '../errors/index.js'
import { lastLines, script } from '../ssh/index.js'
import { runDurably } from './durable.js'
import type { Step } from './step.js'

/** A package to have. */
export interface WantedPackage {
  readonly name: string
  /** Pattern of the version for apt, e.g. `1.36.3-*`; any where not given. */
  readonly version?: string
  /** Other packages that serve as well where they are installed already. */
  readonly alternatives?: readonly string[]
  /** Kept from being upgraded by anything but Quorate. */
  readonly hold?: boolean
}

export interface Installation {
  /** Name of the unit. */
  readonly unit: string
  readonly packages: readonly WantedPackage[]
}

const INSTALLED = `for name in "$@"; do
  dpkg-query -W -f '\${db:Status-Status} \${Package} \${Version}\\n' "$name" 2>/dev/null \\
    || rpm -q --qf 'installed %{NAME} %{VERSION}-%{RELEASE}\\n' "$name" 2>/dev/null || true
done`

/** For how long another program may hold the package lock, in seconds. */
const LOCK_TIMEOUT_S = 600

// $1: packages to hold; the rest: what apt installs. The lock is waited for, not fought over; a run that was cut off
// in the middle is finished first. dpkg itself does not know how to wait.
const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
hold=$1; shift
lock='-o DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}'
seconds() { cut -d. -f1 /proc/uptime; }
deadline=$(($(seconds) + ${LOCK_TIMEOUT_S}))
waiting=
until said=$(dpkg --configure -a 2>&1); do
  case $said in *lock*) ;; *) echo "$said" >&2; exit 1 ;; esac
  if [ "$(seconds)" -ge "$deadline" ]; then echo "$said" >&2; exit 1; fi
  if [ "$said" != "$waiting" ]; then echo "$said" | head -n 1; waiting=$said; fi
  sleep 1
done
apt-get -q $lock -o Acquire::Retries=3 update
apt-get -q -y $lock -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \\
  --no-install-recommends --allow-change-held-packages install "$@"
if [ -n "$hold" ]; then apt-mark hold $hold; fi`

/**
 * Makes the packages be there.
 * @returns false when they were.
 * @throws QuorateError `HOST_NOT_PREPARED` when something is missing and packages are not to be installed;
 *   `PACKAGE_MISSING` when the repository has no such version; `PACKAGES_FAILED` for anything that may pass.
 */
export async function installPackages(step: Step, installation: Installation): Promise<boolean> {
  const missing = await missingPackages(step, installation.packages)
  if (missing.length === 0) return false
  const names = missing.map(describe).join(', ')
  if (!step.cluster.packages.install) {
    throw new QuorateError('HOST_NOT_PREPARED', `not installed: ${names}`, {
      host: step.host.name,
      step: 'packages',
    })
  }
  const hold = installation.packages.filter((wanted) => wanted.hold === true).map((wanted) => wanted.name)
  await runDurably(step, {
    unit: installation.unit,
    title: `install ${names}`,
    command: script(INSTALL, hold.join(' '), ...missing.map(aptArgument)),
    failure: (exitCode, output) => installError(step, exitCode, output),
  })
  const still = await missingPackages(step, installation.packages)
  if (still.length === 0) return true
  throw new QuorateError('PACKAGES_FAILED', `still not installed: ${still.map(describe).join(', ')}`, {
    host: step.host.name,
    step: 'packages',
  })
}

async function missingPackages(
  step: Step,
  wanted: readonly WantedPackage[],
): Promise<readonly WantedPackage[]> {
  const names = wanted.flatMap(({ name, alternatives = [] }) => [name, ...alternatives])
  const { stdout } = await step.session.run(script(INSTALLED, ...names))
  const installed = new Map(
    stdout.split('\n').flatMap((line): [string, string][] => {
      const [status, name, version] = line.split(' ')
      return status === 'installed' && name !== undefined ? [[name, version ?? '']] : []
    }),
  )
  return wanted.filter(({ name, alternatives = [], version }) => {
    const found = [name, ...alternatives]
      .map((candidate) => installed.get(candidate))
      .find((one) => one !== undefined)
    return found === undefined || (version !== undefined && !found.startsWith(version.replace(/\*$/, '')))
  })
}

function aptArgument({ name, version }: WantedPackage): string {
  return version === undefined ? name : `${name}=${version}`
}

function describe({ name, version }: WantedPackage): string {
  return version === undefined ? name : `${name} ${version}`
}

function installError(step: Step, exitCode: number, output: string): QuorateError {
  const context = { host: step.host.name, step: 'packages', output: lastLines(output) }
  const absent = /(?:Unable to locate package|Version '[^']*' for '[^']*' was not found).*/.exec(output)
  if (absent !== null) return new QuorateError('PACKAGE_MISSING', absent[0], context)
  return new QuorateError('PACKAGES_FAILED', `apt-get ended with ${exitCode}`, context)
}
