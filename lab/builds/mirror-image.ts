/** Runs the build tools that are in the mirror's image, so that this machine needs none of them itself. */
import { basename } from 'node:path'
import { cachePath } from '../cache.js'
import { docker } from '../docker.js'
import type { Report } from '../report.js'
import { mirrorImage } from './images.js'

/**
 * Runs a command of the mirror's image with folders of this machine mounted, by their path inside. What it writes
 * there belongs to this user afterwards.
 */
export async function inMirrorImage(
  command: readonly string[],
  folders: Readonly<Record<string, string>>,
  report: Report,
): Promise<void> {
  await inImage(await mirrorImage(report), command, folders)
}

/** The same in any image that has a shell, e.g. that of another release. */
export async function inImage(
  image: string,
  command: readonly string[],
  folders: Readonly<Record<string, string>>,
): Promise<void> {
  const mounts = Object.entries(folders).flatMap(([inside, folder]) => [
    '--mount',
    `type=bind,source=${folder},destination=${inside}`,
  ])
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  const script = 'owner=$1; shift; "$@"; status=$?; chown -R "$owner" /work; exit $status'
  await docker(
    [
      'run',
      '--rm',
      '--network=host',
      ...mounts,
      '--entrypoint',
      '/bin/sh',
      image,
      '-c',
      script,
      'sh',
      owner,
      ...command,
    ],
    { logFile: cachePath('build', `${basename(command[0] ?? 'tool')}.log`) },
  )
}
