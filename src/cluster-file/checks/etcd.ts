/** Checks where etcd runs (hosts for its members, or the user's own etcd) and how many members it has. */
import { textAt, type Outline, type OutlineHost } from '../lenient.js'
import { show, type Finding } from '../problem.js'
import { isUrl } from '../../cluster/names.js'
import { problem, repetitions, warning } from './finding.js'
import { hasKnownRole, hostPath } from './hosts.js'

const ETCD = ['spec', 'etcd'] as const
const FILES = ['caFile', 'certFile', 'keyFile'] as const

export function checkEtcd(file: Outline): readonly Finding[] {
  const members = file.hosts.filter(({ role }) => role === 'etcd')
  const topology = textAt(file.etcd, 'topology') ?? 'stacked'
  if (topology === 'stacked') return stackedFindings(file, members)
  // The schema reports any other.
  if (topology !== 'external') return []
  if (file.etcd['endpoints'] !== undefined) return foreignFindings(file, members)
  return [
    ...FILES.filter((field) => file.etcd[field] !== undefined).map((field) =>
      problem(
        [...ETCD, field],
        'only valid together with endpoints',
        'remove it, or give the endpoints of your etcd; for etcd hosts, Quorate creates the certificates',
      ),
    ),
    ...memberCount(file, members),
  ]
}

function stackedFindings(file: Outline, members: readonly OutlineHost[]): readonly Finding[] {
  return [
    ...['endpoints', ...FILES]
      .filter((field) => file.etcd[field] !== undefined)
      .map((field) =>
        problem([...ETCD, field], 'the topology is stacked', 'remove it, or set topology: external'),
      ),
    ...members.map((host) =>
      problem(
        hostPath(host, 'role'),
        `${show(host.name)} is an etcd host, but the topology is stacked`,
        'set spec.etcd.topology: external, or remove the host',
      ),
    ),
  ]
}

/** An etcd that the user runs. */
function foreignFindings(file: Outline, members: readonly OutlineHost[]): readonly Finding[] {
  const given: unknown = file.etcd['endpoints']
  const urls = (Array.isArray(given) ? given : []).map((url: unknown, index) => ({ url, index }))
  const textOf = ({ url }: (typeof urls)[number]) => (typeof url === 'string' ? url : undefined)
  return [
    ...urls
      .filter(({ url }) => typeof url === 'string' && isUrl(url, ['http']))
      .map(({ url, index }) =>
        problem(
          [...ETCD, 'endpoints', index],
          `${show(url)} is not https`,
          "use https with client certificates: etcd holds the cluster's secrets",
        ),
      ),
    ...repetitions(urls, textOf).map(({ item }) =>
      problem([...ETCD, 'endpoints', item.index], `${show(item.url)} is given twice`, 'keep one of them'),
    ),
    ...FILES.filter((field) => file.etcd[field] === undefined).map((field) =>
      problem(
        [...ETCD, field],
        'missing',
        'an etcd of your own needs caFile, certFile and keyFile, which the API servers connect with',
      ),
    ),
    ...members.map((host) =>
      problem(
        hostPath(host, 'role'),
        `${show(host.name)} is an etcd host, but spec.etcd.endpoints names an etcd of your own`,
        'remove the host, or the endpoints and files',
      ),
    ),
  ]
}

function memberCount(file: Outline, members: readonly OutlineHost[]): readonly Finding[] {
  const path = ['spec', 'hosts']
  // If any role is unknown, hosts cannot be counted by role.
  if (file.hosts.length === 0 || !file.hosts.every(hasKnownRole)) return []
  const count = members.length
  if (count === 0) {
    return [
      problem(
        [...ETCD, 'topology'],
        'external, but no host has the role etcd',
        'give it to three hosts, or give endpoints, caFile, certFile and keyFile of an etcd of your own',
      ),
    ]
  }
  if (count === 1) {
    return [warning(path, 'one etcd member is not highly available', 'give the role etcd to three hosts')]
  }
  if (count % 2 === 0) {
    const survives = count / 2 - 1
    return [
      problem(
        path,
        `${count} etcd hosts survive the loss of ${survives === 0 ? 'none' : survives}, as ${count - 1} do, and one more can fail`,
        `use ${count - 1} or ${count + 1}: etcd needs more than half of its members`,
      ),
    ]
  }
  if (count > 7) {
    return [warning(path, `${count} etcd members make each write slow`, 'use three or five')]
  }
  return []
}
