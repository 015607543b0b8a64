/** Names in a request that the cluster file does not have. */
import type { Cluster } from '../cluster/model.js'
import { finding, type PreflightFinding } from '../preflight/finding.js'

/** An error for each of the names, once, that is no host of the cluster file. */
export function unknownHosts({ hosts }: Cluster, asked: readonly string[]): readonly PreflightFinding[] {
  const names = hosts.map(({ name }) => name)
  return [...new Set(asked)]
    .filter((name) => !names.includes(name))
    .map((name) =>
      finding(
        'error',
        'HOST_UNKNOWN',
        undefined,
        `there is no host ${name} in the cluster file`,
        `the hosts are ${names.join(', ')}`,
      ),
    )
}
