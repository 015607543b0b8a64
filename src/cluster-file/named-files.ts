/** Reads the files that a cluster file names, and says what is wrong with them. */
import { createHash } from 'node:crypto'
import { parseAllDocuments } from 'yaml'
import { isUrl } from '../cluster/names.js'
import { defined } from '../values/defined.js'
import { wrongWithPolicy } from './checks/audit-policy.js'
import { problem } from './checks/finding.js'
import { secretInManifest } from './checks/secrets.js'
import { objectAt, textAt, type Outline } from './lenient.js'
import { absolutePath, type ClusterFileLocation } from './location.js'
import { show, type FieldPath, type Finding } from './problem.js'

/** Texts of the files that a cluster file names. */
export interface NamedFiles {
  readonly signingKey?: string
  readonly manifest?: string
  readonly auditPolicy?: string
}

/** Reads the files that the cluster file names, and says what is wrong with them. */
export function readNamedFiles(
  file: Outline,
  location: ClusterFileLocation,
): { readonly files: NamedFiles; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const read = (path: FieldPath, name: string | undefined, check: (text: string) => string | undefined) => {
    if (name === undefined || isUrl(name, ['http', 'https'])) return undefined
    try {
      const text = readText(absolutePath(name, location), location)
      const wrong = check(text)
      if (wrong !== undefined)
        findings.push(problem(path, `${show(name)} ${wrong}`, 'correct it, or the path'))
      return text
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      findings.push(problem(path, `${show(name)} cannot be read`, reason))
      return undefined
    }
  }
  const signingKey = read(
    ['spec', 'packages', 'signingKeyFile'],
    textAt(file.packages, 'signingKeyFile'),
    wrongWithKey,
  )
  const auditPolicy = read(['spec', 'kubernetes', 'auditPolicy'], file.auditPolicy, wrongWithPolicy)
  const manifest = read(['spec', 'network', 'manifest'], textAt(file.network, 'manifest'), wrongWithManifest)
  if (manifest !== undefined) {
    findings.push(...digestFindings(file, manifest))
    const secret = secretInManifest(manifest)
    if (secret !== undefined) findings.push(manifestSecret(secret))
  }
  return {
    files: defined({ signingKey, manifest, auditPolicy }),
    findings,
  }
}

function manifestSecret(what: string): Finding {
  return problem(
    ['spec', 'network', 'manifest'],
    `it ${what}, which Temporal would store`,
    'leave it out and apply it yourself with kubectl, or give the manifest as an https URL with its digest: then only the worker reads it',
  )
}

function readText(path: string, location: ClusterFileLocation): string {
  if (location.readFile === undefined) throw new Error('no files can be read here')
  return location.readFile(path)
}

function wrongWithKey(text: string): string | undefined {
  return text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')
    ? undefined
    : 'is not an ASCII-armored public key (gpg --armor --export makes one)'
}

function digestFindings({ network }: Outline, manifest: string): readonly Finding[] {
  const given = textAt(network, 'digest')
  const actual = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
  if (given === undefined || given === actual) return []
  const text = `${given} is not the digest of ${show(network['manifest'])}, which is ${actual}`
  return [
    problem(['spec', 'network', 'digest'], text, 'check what has changed there, then correct the digest'),
  ]
}

// The text is part of the operation's input, and Temporal accepts no payload above 2 MB.
const MAX_MANIFEST_BYTES = 1_000_000

function wrongWithManifest(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES)
    return 'is larger than 1 MB (one given by https URL may be)'
  const documents = parseAllDocuments(text)
  if ('empty' in documents) return 'is empty'
  const [error] = documents.flatMap(({ errors }) => errors)
  if (error !== undefined) return `is not valid YAML: ${error.message.split('\n')[0] ?? ''}`
  const objects = documents.map((document): unknown => document.toJS())
  const isKubernetes = (object: unknown): boolean =>
    object === null || textAt(objectAt({ object }, 'object'), 'kind') !== undefined
  return objects.every(isKubernetes) ? undefined : 'holds something other than Kubernetes objects'
}
