/** Debian as a base image: from an image registry where one is in reach, else made with debootstrap. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { docker, hasImage } from '../docker.js'
import { OPERATING_SYSTEMS, type OperatingSystem, type OsName } from '../fleet/operating-systems.js'
import { run } from '../process.js'
import type { Report } from '../report.js'
import { cachePath } from '../cache.js'

/** debootstrap's way of making a release that is younger than itself. */
const YOUNGEST_SCRIPT = '/usr/share/debootstrap/scripts/sid'
const PULL_TIMEOUT_MS = 60_000

/** Gives the name of an image of this release of Debian that the engine has. */
export async function baseImage(os: OsName, report: Report): Promise<string> {
  const release = OPERATING_SYSTEMS[os]
  const imported = `quorate-lab/base:${release.codename}`
  for (const image of [imported, release.publicImage]) if (await hasImage(image)) return image
  const pulled = await docker(['pull', '--quiet', release.publicImage], {
    allowFailure: true,
    timeoutMs: PULL_TIMEOUT_MS,
  })
  if (pulled.status === 0) return release.publicImage
  await report.step(`make a base image of ${os} (no image registry in reach: debootstrap)`, () =>
    debootstrap(release, imported),
  )
  return imported
}

async function debootstrap({ codename, publicImage }: OperatingSystem, image: string): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `${publicImage} can not be pulled, and making a base image takes root: run the lab as root once`,
    )
  }
  const logFile = cachePath('build', 'debootstrap.log')
  if (
    (await run('debootstrap', ['--version'], { allowFailure: true }).catch(() => undefined)) === undefined
  ) {
    // A machine that is new has no package lists yet.
    await run('apt-get', ['update'], { logFile })
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'], { logFile })
  }
  const folder = await mkdtemp(join(tmpdir(), 'quorate-lab-base-'))
  try {
    const root = join(folder, 'root')
    const known = existsSync(join(dirname(YOUNGEST_SCRIPT), codename))
    // Without an address it takes the mirror that it is set up with.
    const how = known ? [] : ['', YOUNGEST_SCRIPT]
    const minimal = ['--variant=minbase', '--include=ca-certificates']
    await run('debootstrap', [...minimal, codename, root, ...how], { logFile })
    const archive = join(folder, 'root.tar')
    await run('tar', [
      '--create',
      '--file',
      archive,
      '--directory',
      root,
      '--exclude=./var/cache/apt/archives/*',
      '.',
    ])
    await docker(['import', archive, image])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
