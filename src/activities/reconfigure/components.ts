/**
 * The components of a control plane with new arguments and volumes, one after the other. kubeadm renders the manifests.
 * We put them in place, since `kubeadm upgrade node phase control-plane` takes a component that keeps crashing for
 * upgraded: it only waits until the pod's phase is Running (kubeadm's util/apiclient/wait.go, WaitForPodsWithLabel).
 */
import { renderYaml } from '../../values/yaml-output.js'
import { withManagedParts } from '../../configuration/kubeadm/static-pod.js'
import type { Host } from '../../cluster/model.js'
import { lookAtComponent } from '../../hosts/kubeadm/component-process.js'
import { manifestPath, podInPlace, renderedPods, type PodInPlace } from '../../hosts/kubeadm/rendered-pods.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import { waitForOtherApiServers } from '../../hosts/kubernetes/wait-for-api-server.js'
import type { HostContext } from '../../hosts/context.js'
import { componentsOf, namedIn, type ConfiguredComponent } from '../../planning/reconfigure/plan.js'
import type { WantedDocument } from '../../planning/reconfigure/documents.js'
import { keepBackup, keptBackups, putBack } from './backups.js'
import { isRejection, isRunning, waitForComponent, waitUntilWhole } from './component-waits.js'

/**
 * Brings the components to the document, etcd first.
 * @returns the names of those that were restarted.
 * @throws QuorateError `CONFIGURATION_REJECTED`: {@link restoreComponents} goes back.
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
    const inPlace = await manifestOf(context, name)
    const wanted = withManagedParts(inPlace.pod, rendered.get(name) ?? {}, {
      arguments: namedIn(name, 'extraArgs', managed),
      volumes: namedIn(name, 'extraVolumes', managed),
    })
    const isWritten = wanted === inPlace.pod
    if (isWritten && !kept.includes(name)) continue
    if (isWritten) await waitForComponent(context, name, wanted)
    else await restart(context, name, { inPlace, wanted, others })
    await waitUntilWhole(context, name)
    restarted.push(name)
  }
  return restarted
}

async function restart(
  context: HostContext,
  name: ConfiguredComponent,
  {
    inPlace,
    wanted,
    others,
  }: { readonly inPlace: PodInPlace; readonly wanted: PodInPlace['pod']; readonly others: readonly Host[] },
): Promise<void> {
  await mayRestart(context, name, others)
  const before = await lookAtComponent(context, name)
  await keepBackup(context, name, inPlace.text)
  context.report(`restarting ${name} with its new configuration`)
  await context.session.writeFile(manifestPath(name), renderYaml([wanted]), { mode: 0o600 })
  try {
    await waitForComponent(context, name, wanted, { before })
  } catch (error) {
    // Nobody may come back to a control plane whose operation was cancelled.
    if (context.isCancelled()) await putBack(context, name, manifestPath(name))
    throw error
  }
}

/** The manifest of a component; throws `CONTROL_PLANE_NOT_READY` if there is none that can be read. */
export async function manifestOf(context: HostContext, name: string): Promise<PodInPlace> {
  const inPlace = await podInPlace(context, name)
  if (inPlace !== undefined) return inPlace
  const message = `${manifestPath(name)} is missing or is no manifest`
  throw context.error('CONTROL_PLANE_NOT_READY', message, {
    step: 'configuration',
    hint: 'restore it, for example with `kubeadm init phase control-plane`, then retry',
  })
}

/** Whatever depends on the component must be able to go on without it. */
async function mayRestart(
  context: HostContext,
  name: ConfiguredComponent,
  others: readonly Host[],
): Promise<void> {
  if (name === 'etcd') await prepareMemberStop(context, context.session)
  await waitForOtherApiServers(context, others, 'configuration')
}

/** In this order, none waits for one that is restored only later. */
const ORDER: readonly ConfiguredComponent[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
]

/** Gives components that this step has changed their old manifests, and waits until they are healthy again. */
export async function restoreComponents(context: HostContext, others: readonly Host[]): Promise<void> {
  const kept = await keptBackups(context)
  for (const name of ORDER.filter((one) => kept.includes(one))) await restore(context, name, others)
}

/** Restores what an earlier attempt, which was interrupted, has left broken: nothing can be changed beside it. */
export async function mendComponents(context: HostContext, others: readonly Host[]): Promise<void> {
  const kept = await keptBackups(context)
  for (const name of ORDER.filter((one) => kept.includes(one))) {
    const { pod } = await manifestOf(context, name)
    if (await isRunning(context, name, pod)) continue
    try {
      await waitForComponent(context, name, pod, { countsAll: true })
    } catch (error) {
      if (!isRejection(error)) throw error
      await restore(context, name, others)
    }
  }
}

async function restore(
  context: HostContext,
  name: ConfiguredComponent,
  others: readonly Host[],
): Promise<void> {
  const inPlace = await manifestOf(context, name)
  if (await isRunning(context, name, inPlace.pod)) await mayRestart(context, name, others)
  const before = await lookAtComponent(context, name)
  context.report(`restoring the manifest of ${name}`)
  const isChanged = await putBack(context, name, manifestPath(name))
  const { pod } = await manifestOf(context, name)
  await waitForComponent(context, name, pod, {
    ...(isChanged ? { before } : {}),
    giveUp: (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'configuration' }),
  })
  await waitUntilWhole(context, name)
}
