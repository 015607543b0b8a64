/** Checks of `spec.kubernetes.kubeadm`: kubeadm takes it, and it undoes nothing that Quorate relies on. */
import { isQuorateError } from '../../../../errors/index.js'
import { emitDocument, patchDocument, type DocumentKind } from '../../../kubeadm/documents.js'
import { isPlainObject, type PlainObject } from '../../../merge.js'
import type { KubeadmApi } from '../../../supported-minors.js'
import { objectAt, type Outline } from '../../outline.js'
import { show, type FieldPath, type Finding } from '../../problem.js'
import { argumentsAt } from '../extra-arguments.js'
import { problem } from '../finding.js'
import { EVERY_DOCUMENT, FIELDS, FLAGS, type Reliance, type Section } from './reliances.js'
import { shapeFindings } from './shape-check.js'
import { SHAPES } from './shapes.js'

const KINDS: Readonly<Record<Section, DocumentKind>> = {
  clusterConfiguration: 'ClusterConfiguration',
  initConfiguration: 'InitConfiguration',
  joinConfiguration: 'JoinConfiguration',
  kubeletConfiguration: 'KubeletConfiguration',
  kubeProxyConfiguration: 'KubeProxyConfiguration',
}

/** All checks of what is laid over kubeadm's configuration. */
export function kubeadmFindings(file: Outline, api: KubeadmApi): readonly Finding[] {
  return (Object.keys(KINDS) as Section[]).flatMap((section) => {
    const path: FieldPath = ['spec', 'kubernetes', 'kubeadm', section]
    const patch = objectAt(file.kubeadm, section)
    return [
      ...fieldFindings(file, section, patch, path),
      ...flagFindings(file, section, patch, path),
      ...shapeFindings(patch, SHAPES[section], path, api),
      ...ignoredErrors(patch, path),
      ...emitFindings(KINDS[section], patch, path, api),
    ]
  })
}

function fieldFindings(
  file: Outline,
  section: Section,
  patch: PlainObject,
  path: FieldPath,
): readonly Finding[] {
  const findings = Object.entries({ ...EVERY_DOCUMENT, ...FIELDS[section] }).flatMap(([field, entry]) => {
    const found = findField(patch, field.split('.'))
    return found === undefined ? [] : reliedOn(entry, found.value, [...path, ...found.fields], file)
  })
  // null in place of an object removes several at a time.
  return [...new Map(findings.map((finding) => [JSON.stringify(finding.path), finding])).values()]
}

function flagFindings(
  file: Outline,
  section: Section,
  patch: PlainObject,
  path: FieldPath,
): readonly Finding[] {
  return FLAGS.filter(([of]) => of === section).flatMap(([, field, flags]) => {
    const fields = field.split('.')
    const given = argumentsAt(findField(patch, fields)?.value, [...path, ...fields])
    return given.flatMap((argument) => {
      if (argument.name.startsWith('-')) {
        const remedy = `write ${argument.name.replace(/^-+/, '')}`
        return [{ ...problem(argument.path, 'kubeadm adds the dashes itself', remedy), atKey: true }]
      }
      const entry = Object.hasOwn(flags, argument.name) ? flags[argument.name] : undefined
      return entry === undefined ? [] : reliedOn(entry, argument.value, argument.path, file)
    })
  })
}

function reliedOn(
  entry: string | Reliance,
  value: unknown,
  path: FieldPath,
  file: Outline,
): readonly Finding[] {
  const { reason, allows }: Reliance = typeof entry === 'string' ? { reason: entry } : entry
  if (allows === undefined)
    return [{ ...problem(path, 'cannot be set here', `remove it: ${reason}`), atKey: true }]
  // null removes what is not there.
  if (value === null || value === '' || allows(value, file)) return []
  return [{ ...problem(path, `cannot be ${show(value)}`, `remove it: ${reason}`), atKey: true }]
}

/** The field's value, or the null that stands in place of an object that would have it. */
function findField(
  value: unknown,
  [field = '', ...rest]: readonly string[],
): { readonly fields: readonly string[]; readonly value: unknown } | undefined {
  if (!isPlainObject(value) || !Object.hasOwn(value, field)) return undefined
  const child = value[field]
  if (rest.length === 0 || child === null) return { fields: [field], value: child }
  const found = findField(child, rest)
  return found === undefined ? undefined : { ...found, fields: [field, ...found.fields] }
}

function ignoredErrors(patch: PlainObject, path: FieldPath): readonly Finding[] {
  const given = objectAt(patch, 'nodeRegistration')['ignorePreflightErrors']
  const names = Array.isArray(given) ? given.map((name: unknown) => String(name).toLowerCase()) : []
  if (!names.includes('all') || new Set(names).size === 1) return []
  return [
    problem(
      [...path, 'nodeRegistration', 'ignorePreflightErrors'],
      'kubeadm takes no other beside "all"',
      'name the errors alone; "all" would hide the next one',
    ),
  ]
}

function emitFindings(
  kind: DocumentKind,
  patch: PlainObject,
  path: FieldPath,
  api: KubeadmApi,
): readonly Finding[] {
  try {
    emitDocument(patchDocument({ kind, body: {} }, patch), api)
    return []
  } catch (error) {
    if (!isQuorateError(error)) throw error
    return [problem(path, error.message, 'write extra arguments as a map, e.g. { v: "4" }')]
  }
}
