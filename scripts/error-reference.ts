/** The reference of error codes, a page made from the registry: each subject a section, each code a row. */
import { format, resolveConfig } from 'prettier'
import { CLUSTER_FILE_ERRORS } from '../src/errors/cluster-file.js'
import type { ErrorDefinition } from '../src/errors/definition.js'
import { HOST_ERRORS } from '../src/errors/host.js'
import { ERRORS } from '../src/errors/index.js'
import { KUBERNETES_ERRORS } from '../src/errors/kubernetes.js'
import { NOTIFICATION_ERRORS } from '../src/errors/notifications.js'
import { PREFLIGHT_ERRORS } from '../src/errors/preflight.js'
import { REBOOT_ERRORS } from '../src/errors/reboot.js'
import { RESTORE_ERRORS } from '../src/errors/restore.js'
import { SNAPSHOT_ERRORS } from '../src/errors/snapshots.js'
import { SSH_ERRORS } from '../src/errors/ssh.js'
import { STANDING_ERRORS } from '../src/errors/standing.js'
import { TEMPORAL_ERRORS } from '../src/errors/temporal.js'
import { UPGRADE_ERRORS } from '../src/errors/upgrade.js'

/** Where the page is, from the project's folder. */
export const ERRORS_PAGE = 'docs/errors.md'

const HEAD = `<!-- Written by \`npm run docs:reference\` from src/errors. Changes here are overwritten. -->

# Error codes

Every error has a code, a message that says what happened and where, and a hint that says what to do now. Codes are stable:
scripts may rely on them. Messages and hints may change in any release. With \`--json\`, they are fields of the output.

_Tried again_ says what a step does after the error. **yes**: Quorate waits and tries again by itself; only if the error
stays, the step is parked. **no**: only a person can fix the cause, and the step is parked at once. Until the hosts are
locked nothing is parked: the run ends, and nothing was changed. A parked step waits: \`quorate resume\` retries it. A
hint in this table is the general one: where Quorate knows more, it says more.
`

/** Each subject with its codes, in the order in which a run meets them. */
const SECTIONS: readonly (readonly [title: string, codes: Readonly<Record<string, ErrorDefinition>>])[] = [
  ['Cluster file', CLUSTER_FILE_ERRORS],
  ['SSH', SSH_ERRORS],
  ['Hosts', HOST_ERRORS],
  ['Preflight', PREFLIGHT_ERRORS],
  ['Kubernetes, etcd and the load balancer', KUBERNETES_ERRORS],
  ['The cluster file and the running cluster', STANDING_ERRORS],
  ['Upgrades', UPGRADE_ERRORS],
  ['Reboots', REBOOT_ERRORS],
  ['Snapshots of etcd', SNAPSHOT_ERRORS],
  ['Restores of etcd', RESTORE_ERRORS],
  ['Notifications', NOTIFICATION_ERRORS],
  ['Temporal, the engine and operations', TEMPORAL_ERRORS],
  ['Quorate itself', { INTERNAL: ERRORS.INTERNAL }],
]

/** The page, as prettier has it. */
export async function renderErrorReference(): Promise<string> {
  const sections = SECTIONS.map(([title, codes]) => {
    const rows = Object.entries(codes).map(renderRow)
    const table = [
      '| Code | What it means | What to do | Tried again |',
      '| --- | --- | --- | --- |',
      ...rows,
    ]
    return `## ${title}\n\n${table.join('\n')}\n`
  })
  const options = await resolveConfig(ERRORS_PAGE)
  return format([HEAD, ...sections].join('\n'), { ...options, parser: 'markdown' })
}

function renderRow([code, { meaning, hint, remedy }]: [string, ErrorDefinition]): string {
  const cells = [`\`${code}\``, meaning, hint, remedy === 'retry' ? 'yes' : 'no']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
