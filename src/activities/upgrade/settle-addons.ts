/**
 * CoreDNS and kube-proxy in the version that kubeadm brings. kubeadm upgrades them with the last control plane; where it
 * was killed before, it is run once more.
 */
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.js'
import type { HostContext } from '../../hosts/context.js'
import { kubeadmImages } from '../../hosts/containerd/images.js'
import { waitForOthers } from '../../hosts/durable.js'
import { runKubeadmUpgrade } from '../../hosts/kubeadm/upgrade.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { hasCondition, readyNodeNames } from '../../hosts/kubernetes/nodes.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'

/** What is rolled out. A cluster may do without either. */
const ADDONS = [
  { kind: 'daemonSets', labels: 'k8s-app=kube-proxy', image: 'kube-proxy' },
  { kind: 'deployments', labels: 'k8s-app=kube-dns', image: 'coredns' },
] as const

type Addon = (typeof ADDONS)[number]

/** Waits until both run from kubeadm's images on every Ready node. */
export async function settleAddons(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const api = localApi(context.cluster, context.session)
  const images = await kubeadmImages(context)
  const behind = await addonsBehind(api, images)
  if (behind.length > 0) {
    context.report(`${behind.join(' and ')} not upgraded yet`)
    await runKubeadmUpgrade(context, { purpose: 'addons', prepare: () => Promise.resolve('node') })
  }
  await waitUntil(
    context,
    async () => {
      const [still] = await addonsBehind(api, images)
      return still === undefined ? rolloutObstacle(api, images) : `${still} is not upgraded`
    },
    (reason) => context.error('UPGRADE_INCOMPLETE', reason, { step: 'addons' }),
    { timeoutMs: context.patience.components },
  )
  const summary = ADDONS.map(({ image }) => wantedImage(images, image)?.split('/').at(-1) ?? '').join(', ')
  return { changed: behind.length > 0, summary }
}

function wantedImage(images: readonly string[], name: string): string | undefined {
  return images.find((image) => image.includes(`/${name}:`))
}

async function addonsBehind({ apps }: ClusterApi, images: readonly string[]): Promise<readonly string[]> {
  const behind = await Promise.all(
    ADDONS.map(async ({ kind, labels, image }) => {
      const found: readonly (DaemonSet | Deployment)[] = await apps[kind].list({ labels })
      const isBehind = found.some(({ spec }) => !runsFrom(spec?.template.spec?.containers, images, image))
      return isBehind ? [image] : []
    }),
  )
  return behind.flat()
}

function runsFrom(
  containers: readonly { readonly image?: string }[] | undefined,
  images: readonly string[],
  name: Addon['image'],
): boolean {
  const wanted = wantedImage(images, name)
  return wanted === undefined || containers?.some(({ image }) => image === wanted) === true
}

/** Pods on nodes that are not Ready are nobody's hurry: such a node is reported for itself. */
async function rolloutObstacle(api: ClusterApi, images: readonly string[]): Promise<string | undefined> {
  const ready = await readyNodeNames(api)
  for (const { labels, image } of ADDONS) {
    const pods = await api.core.pods.list({ labels })
    const late = pods.find(
      ({ metadata, spec, status }) =>
        ready.has(spec?.nodeName ?? '') &&
        (metadata.deletionTimestamp !== undefined ||
          !runsFrom(spec?.containers, images, image) ||
          !hasCondition(status?.conditions, 'Ready')),
    )
    if (late !== undefined) return `${late.metadata.name} is not rolled out yet`
  }
  return undefined
}
