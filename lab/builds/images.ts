/** The two images of the lab's own containers, hosts and mirror, built once per change of what goes into them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath, inputsKey } from '../cache.js'
import { buildImage, docker, hasImage, lines } from '../docker.js'
import { withLock } from '../lock.js'
import { output } from '../process.js'
import type { Report } from '../report.js'
import { baseImage } from './base-image.js'

const SOURCES = join(import.meta.dirname, '..', 'images')

/** Name of an image of the lab; it follows from what goes into it. */
export async function labImageName(kind: 'host' | 'mirror'): Promise<string> {
  const context = join(SOURCES, kind)
  const files = (await readdir(context)).sort()
  const contents = await Promise.all(files.map((file) => readFile(join(context, file), 'utf8')))
  return `quorate-lab/${kind}:${inputsKey(files, contents)}`
}

/** Builds the image unless the engine has it; gives its name. */
export async function labImage(kind: 'host' | 'mirror', report: Report): Promise<string> {
  const image = await labImageName(kind)
  if (await hasImage(image)) return image
  await withLock(cachePath('build', 'images.lock'), async () => {
    if (await hasImage(image)) return
    const base = await baseImage(report)
    const logFile = cachePath('build', `image-${kind}.log`)
    await report.step(`build the ${kind} image`, () => buildImage(image, join(SOURCES, kind), base, logFile))
  })
  return image
}

/** Removes every image that the lab ever built from the engine. */
export async function removeLabImages(): Promise<void> {
  const listed = await output('docker', ['image', 'ls', '--quiet', 'quorate-lab/*'])
  const images = [...new Set(lines(listed))]
  if (images.length > 0) await docker(['image', 'rm', '--force', ...images])
}
