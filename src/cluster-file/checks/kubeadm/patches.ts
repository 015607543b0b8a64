/** Checks `spec.kubernetes.kubeadm`: kubeadm must accept it, and it must not undo anything that Quorate relies on. */
import { isQuorateError } from '../../../errors/index.js'
import { emitDocument, patchDocument, type DocumentKind } from '../../../configuration/kubeadm/documents.js'
import type { PlainObject } from '../../../values/merge.js'
import type { KubeadmApi } from '../../../cluster/supported-minors.js'
import { objectAt, type Outline } from '../../lenient.js'
import { formatPath, type FieldPath, type Finding } from '../../problem.js'
import { argumentsAt } from '../extra-arguments.js'
import { problem } from '../finding.js'
import { findField, reliedFields, reliedOn } from '../relied-on.js'
import { EVERY_DOCUMENT, FIELDS, FLAGS, type Section } from './reliances.js'
import { shapeFindings } from './shape-check.js'
import { FEATURE_GATES, SHAPES } from './shapes.js'

const KINDS: Readonly<Record<Section, DocumentKind>> = {
  clusterConfiguration: 'ClusterConfiguration',
  initConfiguration: 'InitConfiguration',
  joinConfiguration: 'JoinConfiguration',
  kubeletConfiguration: 'KubeletConfiguration',
  kubeProxyConfiguration: 'KubeProxyConfiguration',
}

/** All checks of the overrides of kubeadm's configuration. */
export function kubeadmFindings(file: Outline, api: KubeadmApi): readonly Finding[] {
  return (Object.keys(KINDS) as Section[]).flatMap((section) => {
    const path: FieldPath = ['spec', 'kubernetes', 'kubeadm', section]
    const patch = objectAt(file.kubeadm, section)
    const reliedUpon = [
      ...reliedFields({ ...EVERY_DOCUMENT, ...FIELDS[section] }, patch, path, file),
      ...flagFindings(file, section, patch, path),
    ]
    const told = new Set(reliedUpon.map((finding) => formatPath(finding.path)))
    return [
      ...reliedUpon,
      ...shapeFindings(patch, SHAPES[section], path, api).filter((one) => !told.has(formatPath(one.path))),
      ...(section === 'clusterConfiguration' ? unknownGates(file, patch, path) : []),
      ...ignoredErrors(patch, path),
      ...emitFindings(KINDS[section], patch, path, api),
    ]
  })
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
      if (argument.name === '')
        return [problem(argument.path, 'an argument has no name', 'name it, or remove it')]
      if (argument.name.startsWith('-')) {
        const remedy = `write ${argument.name.replace(/^-+/, '')}`
        return [{ ...problem(argument.path, 'kubeadm adds the dashes itself', remedy), atKey: true }]
      }
      const entry = Object.hasOwn(flags, argument.name) ? flags[argument.name] : undefined
      return entry === undefined ? [] : reliedOn(entry, argument.value, argument.path, file)
    })
  })
}

function unknownGates({ version }: Outline, patch: PlainObject, path: FieldPath): readonly Finding[] {
  const known = FEATURE_GATES[version?.minor ?? 0]
  if (known === undefined) return []
  return Object.keys(objectAt(patch, 'featureGates'))
    .filter((gate) => !known.includes(gate))
    .map((gate) => ({
      ...problem(
        [...path, 'featureGates', gate],
        `kubeadm 1.${version?.minor ?? 0} has no feature gate "${gate}"`,
        `it has ${known.join(', ')}; set the gates of a component in its extraArgs`,
      ),
      atKey: true,
    }))
}

function ignoredErrors(patch: PlainObject, path: FieldPath): readonly Finding[] {
  const given = objectAt(patch, 'nodeRegistration')['ignorePreflightErrors']
  const names = Array.isArray(given) ? given.map((name: unknown) => String(name).toLowerCase()) : []
  if (!names.includes('all') || new Set(names).size === 1) return []
  return [
    problem(
      [...path, 'nodeRegistration', 'ignorePreflightErrors'],
      'kubeadm accepts no other entry beside "all"',
      'list only the errors to ignore; "all" would hide the next one',
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
