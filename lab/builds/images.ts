/** The images of the lab's own containers, hosts and mirror, built once per change of what goes into them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath, inputsKey } from '../cache.js'
import { buildImage, docker, hasImage, lines } from '../docker.js'
import { DEFAULT_OS, OPERATING_SYSTEMS, type OsName } from '../fleet/operating-systems.js'
import { withLock } from '../lock.js'
import { output } from '../process.js'
import type { Report } from '../report.js'
import { baseImage } from './base-image.js'

const SOURCES = join(import.meta.dirname, '..', 'images')

/** What people put in front of the usual tools, where the release has it. */
const LIVED_IN_PACKAGES: Readonly<Record<OsName, readonly string[]>> = {
  'debian-12': [],
  'debian-13': ['sudo-rs'],
  'debian-14': ['sudo-rs'],
}

/** The image of every mirror. */
export async function mirrorImage(report: Report): Promise<string> {
  const args = async () => ({ BASE: await baseImage(DEFAULT_OS, report) })
  return labImage('mirror', `mirror:${await contentKey('mirror')}`, args, report)
}

/** The image of bare hosts of a release. */
export async function hostImage(os: OsName, report: Report): Promise<string> {
  const name = `host:${OPERATING_SYSTEMS[os].codename}-${await contentKey('host')}`
  return labImage('host', name, async () => ({ BASE: await baseImage(os, report) }), report)
}

/** The image of hosts on which people have worked. */
export async function livedInImage(os: OsName, report: Report): Promise<string> {
  const host = await hostImage(os, report)
  const packages = LIVED_IN_PACKAGES[os].join(' ')
  const key = inputsKey(host, packages, await contentKey('lived-in'))
  const args = async () => ({ BASE: await baseImage(os, report), HOST: host, PACKAGES: packages })
  return labImage('lived-in', `lived-in:${OPERATING_SYSTEMS[os].codename}-${key}`, args, report)
}

/** Twelve digits for what goes into an image beside its base. */
async function contentKey(kind: string): Promise<string> {
  const context = join(SOURCES, kind)
  const files = (await readdir(context)).sort()
  return inputsKey(files, await Promise.all(files.map((file) => readFile(join(context, file), 'utf8'))))
}

/** Builds the image unless the engine has it; gives its name. */
async function labImage(
  kind: 'host' | 'mirror' | 'lived-in',
  name: string,
  args: () => Promise<Readonly<Record<string, string>>>,
  report: Report,
): Promise<string> {
  const image = `quorate-lab/${name}`
  if (await hasImage(image)) return image
  await withLock(cachePath('build', 'images.lock'), async () => {
    if (await hasImage(image)) return
    const logFile = cachePath('build', `image-${kind}.log`)
    const given = await args()
    await report.step(`build the image ${name}`, () => buildImage(image, join(SOURCES, kind), given, logFile))
  })
  return image
}

/** Removes every image that the lab ever built from the engine. */
export async function removeLabImages(): Promise<void> {
  const listed = await output('docker', ['image', 'ls', '--quiet', 'quorate-lab/*'])
  const images = [...new Set(lines(listed))]
  if (images.length > 0) await docker(['image', 'rm', '--force', ...images])
}
