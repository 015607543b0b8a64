/** Reading cluster files in tests: a good one to change, and its problems as lines. */
import { stringify } from 'yaml'
import {
  ClusterFileError,
  formatProblem,
  parseClusterFile,
  type ClusterFileLocation,
  type ParsedClusterFile,
} from '../../../src/cluster-file/parse.js'

/** Where the tests' cluster file pretends to be; it names no files that could be read. */
export const LOCATION: ClusterFileLocation = {
  path: 'cluster.yaml',
  directory: '/clusters/prod',
  home: '/home/ops',
}

/** A field to set, by its path; undefined removes it. */
export type Change = readonly [path: readonly (string | number)[], value: unknown]

/** A cluster file without problems or warnings, after the changes. */
export function clusterFile(...changes: readonly Change[]): string {
  const data: Record<string | number, unknown> = {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'prod' },
    spec: {
      kubernetes: { version: 'v1.36.3', controlPlaneEndpoint: 'api.prod.lab:6443' },
      ssh: { user: 'ops' },
      hosts: [
        { name: 'cp1', role: 'control-plane', address: '10.0.0.11' },
        { name: 'cp2', role: 'control-plane', address: '10.0.0.12' },
        { name: 'cp3', role: 'control-plane', address: '10.0.0.13' },
        { name: 'w1', role: 'worker', address: '10.0.0.21' },
        { name: 'lb1', role: 'load-balancer', address: '10.0.0.5' },
      ],
    },
  }
  for (const [path, value] of changes) set(data, path, value)
  return stringify(data)
}

function set(
  data: Record<string | number, unknown>,
  path: readonly (string | number)[],
  value: unknown,
): void {
  const [key = '', ...rest] = path
  if (rest.length > 0) {
    data[key] ??= {}
    set(data[key] as Record<string | number, unknown>, rest, value)
  } else if (value === undefined) Reflect.deleteProperty(data, key)
  else data[key] = value
}

/** Reads a text. */
export function parse(text: string, location: Partial<ClusterFileLocation> = {}): ParsedClusterFile {
  return parseClusterFile(text, { ...LOCATION, ...location })
}

/** The problems of a text, as a person sees them. */
export function problems(text: string, location: Partial<ClusterFileLocation> = {}): string[] {
  try {
    parse(text, location)
    return []
  } catch (error) {
    if (error instanceof ClusterFileError) return error.fileProblems.map(formatProblem)
    throw error
  }
}

/** Problems without their place: `<path>: <problem>; <remedy>`. */
export function problemTexts(text: string, location: Partial<ClusterFileLocation> = {}): string[] {
  return problems(text, location).map((line) => line.replace(/^cluster\.yaml:\d+:\d+ /, ''))
}

/** Warnings without their place. */
export function warningTexts(text: string): string[] {
  return parse(text).warnings.map((warning) => formatProblem(warning).replace(/^cluster\.yaml:\d+:\d+ /, ''))
}
