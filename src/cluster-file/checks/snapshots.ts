/** Checks the places of snapshots, and that nothing leaves the hosts in clear. */
import { isPlainObject } from '../../values/merge.js'
import { objectAt, type Outline } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, repetitions, warning } from './finding.js'

const SNAPSHOTS = ['spec', 'etcd', 'snapshots'] as const

export function checkSnapshots({ etcd }: Outline): readonly Finding[] {
  if (!isPlainObject(etcd['snapshots'])) return []
  const { encryptTo, copies } = etcd['snapshots']
  const places = Array.isArray(copies) ? copies.map((copy: unknown) => (isPlainObject(copy) ? copy : {})) : []
  return [
    ...(etcd['endpoints'] === undefined ? [] : [foreign()]),
    ...(copies !== undefined && encryptTo === undefined ? [unencrypted()] : []),
    ...(copies === undefined && encryptTo !== undefined ? [unused()] : []),
    ...places.flatMap((copy, index) => ofCopy(copy, [...SNAPSHOTS, 'copies', index])),
    ...repetitions(
      places.map((copy, index) => ({ copy, index })),
      ({ copy }) => placeOf(copy),
    ).map(({ item }) =>
      problem([...SNAPSHOTS, 'copies', item.index], 'the same place is given twice', 'keep one of them'),
    ),
    ...recipientsTwice(encryptTo),
  ]
}

function foreign(): Finding {
  return problem(
    SNAPSHOTS,
    'spec.etcd.endpoints names an etcd of your own, which Quorate takes no snapshots of',
    'remove it; take snapshots where that etcd is run',
  )
}

function unencrypted(): Finding {
  return problem(
    [...SNAPSHOTS, 'copies'],
    'encryptTo is missing: a snapshot holds every Secret of the cluster, and leaves its hosts only encrypted',
    'run `age-keygen -o identity.txt` and give the public key that it prints as encryptTo',
  )
}

function unused(): Finding {
  return warning(
    [...SNAPSHOTS, 'encryptTo'],
    'nothing is encrypted, because no copies are wanted',
    'name a place in copies; hosts keep snapshots beside the keys of the cluster, which they have anyway',
  )
}

function ofCopy(copy: Readonly<Record<string, unknown>>, path: FieldPath): readonly Finding[] {
  const given = ['folder', 's3'].filter((kind) => copy[kind] !== undefined)
  if (given.length !== 1) {
    const count = given.length === 0 ? 'no' : 'more than one'
    return [problem(path, `${count} place is given`, 'give either folder or s3')]
  }
  const secret = objectAt(copy, 's3')['secretAccessKeyFrom']
  const sources = isPlainObject(secret) ? Object.keys(secret).length : 1
  if (sources === 1) return []
  const where = [...path, 's3', 'secretAccessKeyFrom']
  return [
    problem(where, `${sources === 0 ? 'no' : 'more than one'} place is given`, 'give one of env and file'),
  ]
}

function placeOf(copy: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof copy['folder'] === 'string') return `folder ${copy['folder'].replace(/\/+$/, '')}`
  const { endpoint = '', bucket, prefix = '' } = objectAt(copy, 's3')
  return typeof bucket === 'string' ? JSON.stringify([endpoint, bucket, prefix]) : undefined
}

function recipientsTwice(encryptTo: unknown): readonly Finding[] {
  const recipients = (Array.isArray(encryptTo) ? encryptTo : []).map((recipient: unknown, index) => ({
    recipient,
    index,
  }))
  const textOf = ({ recipient }: (typeof recipients)[number]) =>
    typeof recipient === 'string' ? recipient : undefined
  return repetitions(recipients, textOf).map(({ item }) =>
    problem(
      [...SNAPSHOTS, 'encryptTo', item.index],
      `${show(item.recipient)} is given twice`,
      'keep one of them',
    ),
  )
}
