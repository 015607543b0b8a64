/**
 * The components of a control plane with new arguments and volumes, one after the other. kubeadm renders the manifests.
 * We put them in place, since `kubeadm upgrade node phase control-plane` takes a component that keeps crashing for
 * upgraded: it only waits until the pod's phase is Running (kubeadm's util/apiclient/wait.go, WaitForPodsWithLabel).
 */
import { renderYaml } from '../../values/yaml-output.js'
import { withManagedParts } from '../../configuration/kubeadm/static-pod.js'
import type { Host } from '../../cluster/model.js'
import type { QuorateError } from '../../errors/index.js'
import {
  componentObstacle,
  lastWords,
  lookAtComponent,
  type ComponentProcess,
} from '../../hosts/kubeadm/component-process.js'
import { manifestPath, podIn, podInPlace, renderedPods } from '../../hosts/kubeadm/rendered-pods.js'
import { localApi } from '../../hosts/kubernetes/cluster-api.js'
import { waitUntilMemberMayStop } from '../../hosts/etcd/outage.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import { isApiServerReady } from '../../hosts/kubernetes/health.js'
import { waitForApiServer } from '../../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../../hosts/wait.js'
import type { HostContext } from '../../hosts/context.js'
import { componentsOf, namedIn, type ConfiguredComponent } from '../../planning/reconfigure/plan.js'
import type { WantedDocument } from '../../planning/reconfigure/documents.js'
import { keepBackup, keptBackups, putBack } from './backups.js'

const TITLE = 'configuration'

/** How often a container may end before its configuration counts as rejected. */
const CRASHES = 2

/**
 * Brings the components to the document, etcd first.
 * @returns the names of those that were restarted.
 * @throws QuorateError `CONFIGURATION_REJECTED` once the manifests are as before again.
 */
export async function configureComponents(
  context: HostContext,
  { document, managed }: WantedDocument,
  others: readonly Host[],
): Promise<readonly string[]> {
  const names = componentsOf(managed)
  if (names.length === 0) return []
  const rendered = await renderedPods(context, document, names)
  const kept = await keptBackups(context)
  const restarted: string[] = []
  for (const name of names) {
    const inPlace = await podInPlace(context, name)
    if (inPlace === undefined) throw missing(context, name)
    const wanted = withManagedParts(inPlace.pod, rendered.get(name) ?? {}, {
      arguments: namedIn(name, 'extraArgs', managed),
      volumes: namedIn(name, 'extraVolumes', managed),
    })
    const isWritten = wanted === inPlace.pod
    if (isWritten && !kept.includes(name)) continue
    if (!isWritten) await mayRestart(context, name, others)
    const before = isWritten ? undefined : await lookAtComponent(context, name)
    if (!isWritten) {
      await keepBackup(context, name, inPlace.text)
      context.report(`restarting ${name} with its new configuration`)
      await context.session.writeFile(manifestPath(name), renderYaml([wanted]), { mode: 0o600 })
    }
    await waitForComponent(context, name, wanted, before)
    restarted.push(name)
  }
  return restarted
}

function missing(context: HostContext, name: string): QuorateError {
  const message = `${manifestPath(name)} is missing or is no manifest`
  return context.error('CONTROL_PLANE_NOT_READY', message, {
    step: TITLE,
    hint: 'restore it, for example with `kubeadm init phase control-plane`, then retry',
  })
}

/** Whatever depends on the component must be able to go on without it. */
async function mayRestart(
  context: HostContext,
  name: ConfiguredComponent,
  others: readonly Host[],
): Promise<void> {
  const { cluster, sessions, session, signal } = context
  if (name === 'etcd') await waitUntilMemberMayStop(context, session)
  await waitUntil(
    context,
    async () => {
      for (const other of others) {
        const api = localApi(cluster, await sessions.session(other, signal))
        if (!(await isApiServerReady(api))) return `the API server of ${other.name} is not ready`
      }
      return undefined
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: TITLE }),
    { timeoutMs: context.patience.components },
  )
}

async function waitForComponent(
  context: HostContext,
  name: ConfiguredComponent,
  pod: NonNullable<ReturnType<typeof podIn>>,
  before: ComponentProcess | undefined,
): Promise<void> {
  // A pod with the same manifest has the logs of an earlier attempt: only what ends from now on counts.
  const atFirst = new Map<string, number>()
  await waitUntil(
    context,
    async () => {
      const seen = await lookAtComponent(context, name)
      const obstacle = await componentObstacle(context, name, pod, seen, before)
      if (seen.pod === before?.pod) return obstacle
      if (!atFirst.has(seen.pod)) atFirst.set(seen.pod, seen.restarts)
      const crashes = seen.restarts - (atFirst.get(seen.pod) ?? 0)
      if (obstacle !== undefined && crashes >= CRASHES) throw await rejected(context, name)
      return obstacle
    },
    (reason) => context.error('CONFIGURATION_REJECTED', reason, { step: TITLE }),
    { timeoutMs: context.patience.components },
  )
  if (name !== 'etcd') return
  await waitForWholeEtcd(context, context.session)
  // The API server beside the member connects to it again.
  await waitForApiServer(context, TITLE)
}

async function rejected(context: HostContext, name: string): Promise<QuorateError> {
  const output = await lastWords(context, name)
  const words = output.split('\n').findLast((line) => /error|fatal|unknown|invalid|fail/i.test(line)) ?? ''
  return context.error(
    'CONFIGURATION_REJECTED',
    `${name} keeps crashing with its new configuration: ${words}`,
    {
      step: TITLE,
      output,
    },
  )
}

/** Gives components that this step has changed their old manifests, and waits until they are healthy again. */
export async function restoreComponents(context: HostContext): Promise<void> {
  const kept = await keptBackups(context)
  const order: readonly ConfiguredComponent[] = [
    'kube-scheduler',
    'kube-controller-manager',
    'kube-apiserver',
    'etcd',
  ]
  for (const name of order.filter((one) => kept.includes(one))) {
    const before = await lookAtComponent(context, name)
    context.report(`restoring the manifest of ${name}`)
    const isChanged = await putBack(context, name, manifestPath(name))
    const inPlace = await podInPlace(context, name)
    if (inPlace === undefined) continue
    await waitUntil(
      context,
      async () => {
        const seen = await lookAtComponent(context, name)
        return componentObstacle(context, name, inPlace.pod, seen, isChanged ? before : undefined)
      },
      (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: TITLE }),
      { timeoutMs: context.patience.components },
    )
  }
}
