/** Checks that overrides of kubeadm's configuration have the fields and types that kubeadm knows. */
import { isPlainObject } from '../../../values/merge.js'
import type { KubeadmApi } from '../../../cluster/supported-minors.js'
import { editDistance, nearest } from '../../nearest.js'
import { show, type FieldPath, type Finding } from '../../problem.js'
import { problem } from '../finding.js'
import type { Fields, OfOneApi, Shape } from './shapes.js'

/** Everything in a value at a path that kubeadm would refuse or ignore. null removes a field, and fits anywhere. */
export function shapeFindings(
  value: unknown,
  shape: Shape,
  path: FieldPath,
  api: KubeadmApi,
): readonly Finding[] {
  if (value === null || shape === 'any') return []
  if ('test' in shape) {
    if (shape.test(value)) return []
    return [problem(path, `${show(value)} is not ${shape.name}`, `write it like ${shape.example}`)]
  }
  if ('listOf' in shape) {
    if (!Array.isArray(value)) return [problem(path, `${show(value)} is not a list`, 'write it as a list')]
    return value.flatMap((item: unknown, index) => shapeFindings(item, shape.listOf, [...path, index], api))
  }
  if (!isPlainObject(value)) {
    return [problem(path, `${show(value)} is not an object with fields`, 'write an object with fields')]
  }
  return Object.entries(value).flatMap(([name, child]) =>
    'mapOf' in shape
      ? shapeFindings(child, shape.mapOf, [...path, name], api)
      : fieldFindings(name, child, shape, path, api),
  )
}

function fieldFindings(
  name: string,
  value: unknown,
  { fields, open }: Fields,
  path: FieldPath,
  api: KubeadmApi,
): readonly Finding[] {
  const here = [...path, name]
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (known === undefined) {
    // These are the header of every document. Another check reports that they do not belong in the file.
    if (name === 'apiVersion' || name === 'kind') return []
    const meant = nearest(name, Object.keys(fields))
    // A later version may have fields that are unknown here, but a name one typo away from a known field is a mistake.
    if (open && (meant === undefined || editDistance(meant.toLowerCase(), name.toLowerCase()) > 1)) return []
    const remedy =
      meant === undefined ? `known fields are ${Object.keys(fields).join(', ')}` : `did you mean "${meant}"?`
    return [{ ...problem(here, `kubeadm has no field "${name}" here`, remedy), atKey: true }]
  }
  if (!isOfOneApi(known)) return shapeFindings(value, known, here, api)
  if (known.api === api) return shapeFindings(value, known.shape, here, api)
  const since =
    known.api === 'v1beta4'
      ? 'has this field only from Kubernetes 1.31 on'
      : 'has this field only before Kubernetes 1.31'
  const remedy = known.instead === undefined ? 'remove it' : `use ${known.instead}`
  return [{ ...problem(here, `kubeadm ${since}`, remedy), atKey: true }]
}

function isOfOneApi(shape: Shape | OfOneApi): shape is OfOneApi {
  return typeof shape === 'object' && 'api' in shape
}
