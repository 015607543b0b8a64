/**
 * Loads a cluster file: YAML, shape, checks between fields, and the files that it names. All problems are reported at
 * once, each with its place in the text.
 */
import { isPlainObject } from '../values/merge.js'
import type { Cluster } from '../cluster/model.js'
import { expandHostName, settingsFor } from '../ssh-config/settings.js'
import { checkAddresses } from './checks/addresses.js'
import { checkContainerd } from './checks/containerd.js'
import { checkEtcd } from './checks/etcd.js'
import { checkHosts } from './checks/hosts.js'
import { checkKubernetes } from './checks/kubernetes.js'
import { checkLabels } from './checks/labels.js'
import { checkLoadBalancer } from './checks/load-balancer.js'
import { checkNetworks } from './checks/networks.js'
import { checkNotifications } from './checks/notifications.js'
import { checkPorts } from './checks/ports.js'
import { checkSchedules } from './checks/schedules.js'
import { checkSecrets } from './checks/secrets.js'
import { checkSnapshots } from './checks/snapshots.js'
import { checkSources } from './checks/sources.js'
import { checkKeys, checkRegistryLogins, checkSsh } from './checks/ssh.js'
import { outline } from './lenient.js'
import { resolveReaches } from './ssh-settings/resolve-logins.js'
import { ClusterFileError, formatPath, type ClusterFileProblem, type Finding } from './problem.js'
import type { ClusterFileLocation } from './location.js'
import { readNamedFiles } from './named-files.js'
import { resolveCluster } from './resolve.js'
import { clusterFileSchema } from './schema.js'
import { readSshConfiguration } from './ssh-settings/configuration.js'
import { shapeFindings } from './shape-findings.js'
import { readYaml, type YamlSource } from './yaml-source.js'

export type { ClusterFileLocation } from './location.js'
export { ClusterFileError, formatProblem, problemReport, type ClusterFileProblem } from './problem.js'

/** A cluster file without problems. */
export interface ParsedClusterFile {
  readonly cluster: Cluster
  /** What may be intended; {@link formatProblem} turns each into a line. */
  readonly warnings: readonly ClusterFileProblem[]
}

/**
 * Reads a cluster file's text.
 * @throws ClusterFileError (`CLUSTER_FILE_INVALID`) with every problem, in the order of the text.
 */
export function parseClusterFile(text: string, location: ClusterFileLocation): ParsedClusterFile {
  const source = readYaml(text)
  const data = withoutNulls(source.data, [])
  if (data === undefined || data === null) {
    throw new ClusterFileError(location.path, inOrder(unreadableProblems(source, location)))
  }
  const shape = clusterFileSchema.safeParse(data)
  const file = outline(data)
  const { files, findings: fileFindings } = readNamedFiles(file, location)
  const ssh = readSshConfiguration(file, location)
  const connectsTo = (name: string) => expandHostName(settingsFor(ssh.configuration, { name }).hostName, name)
  const { reaches, findings: reachFindings } = shape.success
    ? resolveReaches(shape.data, ssh.configuration, location)
    : { reaches: [], findings: [] }
  const findings = [
    ...(shape.success ? [] : shapeFindings(data, shape.error.issues)),
    ...checkKubernetes(file),
    ...checkAddresses(file, connectsTo),
    ...checkNetworks(file),
    ...checkLoadBalancer(file, connectsTo),
    ...checkPorts(file),
    ...checkSources(file),
    ...checkSecrets(data),
    ...checkContainerd(file),
    ...checkEtcd(file),
    ...checkSnapshots(file),
    ...checkSchedules(file),
    ...checkNotifications(file),
    ...checkHosts(file, connectsTo),
    ...checkLabels(file),
    ...checkKeys(file),
    ...(shape.success ? [...checkSsh(shape.data), ...checkRegistryLogins(shape.data)] : []),
    ...fileFindings,
    ...ssh.findings,
    ...reachFindings,
  ]
  const placed = (severity: Finding['severity']): readonly ClusterFileProblem[] =>
    findings
      .filter((finding) => finding.severity === severity)
      .map((finding) => place(finding, source, location))
  const problems = [...yamlProblems(source, location), ...placed('problem')]
  if (!shape.success || problems.length > 0) throw new ClusterFileError(location.path, inOrder(problems))
  const cluster = resolveCluster(shape.data, location, files, reaches)
  return { cluster, warnings: inOrder(placed('warning')) }
}

function unreadableProblems(
  source: YamlSource,
  location: ClusterFileLocation,
): readonly ClusterFileProblem[] {
  if (source.problems.length > 0) return yamlProblems(source, location)
  const remedy = '`quorate init` writes a new one'
  return [{ file: location.path, line: 1, column: 1, path: '', problem: 'the file is empty', remedy }]
}

function yamlProblems(source: YamlSource, location: ClusterFileLocation): readonly ClusterFileProblem[] {
  return source.problems.map((problem) => ({ file: location.path, path: '', ...problem }))
}

function place(finding: Finding, source: YamlSource, location: ClusterFileLocation): ClusterFileProblem {
  const { path, problem, remedy } = finding
  return { file: location.path, ...source.locate(finding), path: formatPath(path), problem, remedy }
}

function inOrder(problems: readonly ClusterFileProblem[]): readonly ClusterFileProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

// Where null is a value of its own: it removes what Quorate would write. A star matches any name.
const NULLS_KEPT: readonly (readonly string[])[] = [
  ['spec', 'kubernetes', 'kubeadm', '*'],
  ['spec', 'containerRuntime', 'config'],
]

// A label may matter by its name alone, so it keeps an empty value.
const LABELS = ['spec', 'hosts', '[]', 'labels']

// As in Kubernetes, a field with nothing after its colon counts as absent.
function withoutNulls(value: unknown, path: readonly string[]): unknown {
  if (NULLS_KEPT.some((kept) => matches(path, kept))) return value
  if (matches(path, LABELS) && isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, child ?? '']))
  }
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, [...path, '[]']))
  if (!isPlainObject(value)) return value
  const fields = Object.entries(value).filter(([, child]) => child !== null)
  return Object.fromEntries(fields.map(([key, child]) => [key, withoutNulls(child, [...path, key])]))
}

function matches(path: readonly string[], pattern: readonly string[]): boolean {
  return (
    path.length === pattern.length && pattern.every((name, index) => name === '*' || name === path[index])
  )
}
