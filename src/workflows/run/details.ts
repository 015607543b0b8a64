/** The live table of an operation. Temporal's UI shows it as the workflow's current details (Markdown). */
import type { HostProgress, OperationProgress } from '../../operations/progress.js'
import { MARK } from '../../operations/step-marks.js'

/** Renders progress as Markdown. For a few hundred hosts it stays well below the 20 KB that Temporal accepts. */
export function renderDetails(progress: OperationProgress): string {
  const rows = progress.phases
    .filter((phase) => phase.state !== 'pending')
    .map((phase) => `| ${MARK[phase.state]} ${phase.title} | ${phase.hosts.map(renderHost).join(', ')} |`)
  const notes = [
    ...(progress.blockedOn === undefined ? [] : [`**Waiting for** ${progress.blockedOn}`]),
    ...progress.warnings.map((warning) => `⚠ ${warning}`),
  ]
  const header = `**${progress.cluster}** · Kubernetes ${progress.kubernetesVersion} · ${progress.state}`
  return [header, '', '| Phase | Hosts |', '|---|---|', ...rows, '', ...notes].join('\n')
}

function renderHost({ host, state, error }: HostProgress): string {
  return `${host} ${MARK[state]}${error === undefined ? '' : ` ${error.code}`}`
}
