/** Debian as a base image: from an image registry where one is in reach, else made with debootstrap. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker, hasImage } from '../docker.js'
import { run } from '../process.js'
import type { Report } from '../report.js'
import { cachePath } from '../cache.js'

const PUBLIC_IMAGE = 'debian:bookworm-slim'
const IMPORTED_IMAGE = 'quorate-lab/base:bookworm'
const PULL_TIMEOUT_MS = 60_000

/** Gives the name of a Debian image that the engine has. */
export async function baseImage(report: Report): Promise<string> {
  for (const image of [IMPORTED_IMAGE, PUBLIC_IMAGE]) if (await hasImage(image)) return image
  const pulled = await docker(['pull', '--quiet', PUBLIC_IMAGE], {
    allowFailure: true,
    timeoutMs: PULL_TIMEOUT_MS,
  })
  if (pulled.status === 0) return PUBLIC_IMAGE
  await report.step('make a Debian base image (no image registry in reach: debootstrap)', debootstrap)
  return IMPORTED_IMAGE
}

async function debootstrap(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `${PUBLIC_IMAGE} can not be pulled, and making a base image takes root: run the lab as root once`,
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
    await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], {
      logFile,
    })
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
    await docker(['import', archive, IMPORTED_IMAGE])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
