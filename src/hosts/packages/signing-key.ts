/**
 * The key with which apt checks the Kubernetes repository: given in the cluster file, or fetched from the repository.
 */
import { createHash } from 'node:crypto'
import { APT_KEY_FILE, aptPlan } from '../../configuration/packages.js'
import { versionOf } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { lastLines, script } from '../../ssh/index.js'
import { runDurably } from '../durable.js'
import { installPackages } from './apt.js'
import type { HostContext } from '../context.js'

/** The key as given in the cluster file, or fetched once from the repository by apt's own downloader. */
export async function placeSigningKey(step: HostContext): Promise<boolean> {
  const { session, cluster } = step
  const { signingKey } = cluster.packages
  if (signingKey !== undefined) return session.writeFile(APT_KEY_FILE.path, signingKey, APT_KEY_FILE)
  if ((await session.readFile(APT_KEY_FILE.path)) !== undefined) return false
  await installPackages(step, { unit: 'install-ca-certificates', packages: [{ name: 'ca-certificates' }] })
  await fetchKey(step)
  return true
}

/**
 * Fetches the key again, the same way as at first, after apt did not accept the repository's signature with the present
 * one.
 * @returns a line for people, who may want to know that a key was replaced.
 * @throws QuorateError `REPOSITORY_KEY_INVALID` if the repository still offers the same key, or if the key is the
 *   cluster file's, which is never replaced.
 */
export async function renewSigningKey(step: HostContext, refusal: QuorateError): Promise<string> {
  const { session, cluster } = step
  const context = { host: step.host.name, step: 'package repository', output: refusal.context.output ?? '' }
  if (cluster.packages.signingKey !== undefined) {
    const message = `${refusal.message}. The key is the cluster file's (packages.signingKey or signingKeyFile), which Quorate never replaces`
    const hint = `if the repository has renewed its key, put the new one in its place and apply again; it is at ${keyUrl(step)}`
    throw new QuorateError('REPOSITORY_KEY_INVALID', message, { ...context, hint })
  }
  const before = await session.readFile(APT_KEY_FILE.path)
  await fetchKey(step)
  const after = await session.readFile(APT_KEY_FILE.path)
  if (before !== undefined && after !== undefined && before.equals(after)) {
    const message = `${refusal.message}. The repository still offers the same key (${digest(after)})`
    throw new QuorateError('REPOSITORY_KEY_INVALID', message, context)
  }
  return `the repository's signing key was renewed: ${digest(before)} → ${digest(after)}`
}

function keyUrl({ cluster, host }: HostContext): string {
  return aptPlan(cluster.packages, versionOf(cluster, host)).signingKeyUrl
}

function digest(key: Buffer | undefined): string {
  if (key === undefined) return 'none'
  return `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 12)}`
}

async function fetchKey(step: HostContext): Promise<void> {
  const url = keyUrl(step)
  await runDurably(step, {
    unit: 'fetch-signing-key',
    title: `fetch ${url}`,
    command: script(FETCH_KEY, url, APT_KEY_FILE.path),
    failure: (exitCode, output) =>
      new QuorateError(
        'PACKAGES_FAILED',
        `the signing key ${url} cannot be fetched (apt-helper: ${exitCode})`,
        {
          host: step.host.name,
          step: 'package repository',
          output: lastLines(output),
        },
      ),
  })
}

// A bare host has no curl, but apt brings a downloader that uses apt's own proxy settings and CA certificates.
const FETCH_KEY = `
mkdir -p "$(dirname "$2")"
rm -f "$2.new"
/usr/lib/apt/apt-helper download-file "$1" "$2.new"
chmod 644 "$2.new"
mv "$2.new" "$2"`
