/**
 * The key with which the package manager checks the Kubernetes repository: given in the cluster file, or fetched from the repository.
 */
import { createHash } from 'node:crypto'
import { packageManagerFacts } from '../../configuration/package-managers/package-managers.js'
import { versionOf } from '../../cluster/model.js'
import type { QuorateError } from '../../errors/index.js'
import { lastLines } from '../../ssh/index.js'
import { runDurably } from '../durable.js'
import { installPackages } from './install.js'
import { packageManager } from './package-managers.js'
import type { HostContext } from '../context.js'

/** The key as given in the cluster file, or fetched once from the repository. */
export async function placeSigningKey(context: HostContext): Promise<boolean> {
  const { session, cluster, host } = context
  const { signingKey } = cluster.packages
  const { keyFile } = packageManagerFacts(host)
  if (signingKey !== undefined) return session.writeFile(keyFile.path, signingKey, keyFile)
  if ((await session.readFile(keyFile.path)) !== undefined) return false
  await installPackages(context, { unit: 'install-ca-certificates', packages: [{ name: 'ca-certificates' }] })
  await fetchKey(context)
  return true
}

/**
 * Fetches the key again, the same way as at first, after the repository's signature was not accepted with the
 * present one.
 * @returns a line for people, who may want to know that a key was replaced.
 * @throws QuorateError `REPOSITORY_KEY_INVALID` if the repository still offers the same key, or if the key is the
 *   cluster file's, which is never replaced.
 */
export async function renewSigningKey(context: HostContext, refusal: QuorateError): Promise<string> {
  const { session, cluster, host } = context
  const details = { step: 'package repository', output: refusal.context.output ?? '' }
  if (cluster.packages.signingKey !== undefined) {
    const message = `${refusal.message}. The key is the cluster file's (packages.signingKey or signingKeyFile), which Quorate never replaces`
    const hint = `if the repository has renewed its key, put the new one in its place and apply again; it is at ${keyUrl(context)}`
    throw context.error('REPOSITORY_KEY_INVALID', message, { ...details, hint })
  }
  const { keyFile } = packageManagerFacts(host)
  const before = await session.readFile(keyFile.path)
  await fetchKey(context)
  const after = await session.readFile(keyFile.path)
  if (before !== undefined && after !== undefined && before.equals(after)) {
    const message = `${refusal.message}. The repository still offers the same key (${digest(after)})`
    throw context.error('REPOSITORY_KEY_INVALID', message, details)
  }
  return `the repository's signing key was renewed: ${digest(before)} → ${digest(after)}`
}

function keyUrl({ cluster, host }: HostContext): string {
  return packageManagerFacts(host).repository(cluster.packages, versionOf(cluster, host)).keyUrl
}

function digest(key: Buffer | undefined): string {
  if (key === undefined) return 'none'
  return `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 12)}`
}

async function fetchKey(context: HostContext): Promise<void> {
  const url = keyUrl(context)
  await runDurably(context, {
    unit: 'fetch-signing-key',
    title: `fetch ${url}`,
    command: packageManager(context.host).fetch(url, packageManagerFacts(context.host).keyFile.path),
    failure: (exitCode, output) =>
      context.error('PACKAGES_FAILED', `the signing key ${url} cannot be fetched (${exitCode})`, {
        step: 'package repository',
        output: lastLines(output),
      }),
  })
}
