/**
 * What an upgrade needs on a host before anything that runs is changed: kubeadm of the new version, its images, and the
 * packages of kubelet and kubectl, fetched. What no repository or registry has is found here.
 */
import { etcdHosts } from '../../cluster/model.js'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import { isUnknownImage, kubeadmImages, pullImages } from '../../hosts/containerd/images.js'
import { waitForOthers } from '../../hosts/durable.js'
import { memberVersions } from '../../hosts/etcd/versions.js'
import { changeVersion } from '../../hosts/packages/kubernetes.js'
import type { HostContext } from '../../hosts/context.js'
import type { StepOutcome } from '../../operations/steps.js'
import { etcdJump, parseEtcdVersion } from '../../planning/upgrade/etcd-rule.js'

/** How etcd may be upgraded. */
export interface EtcdWay {
  /** The tag of the image that members get first. */
  readonly steppingTag?: string
  /** Whether etcd may go to a version that it does not support after its own. */
  readonly allowJump?: boolean
}

/** Fetches everything; safe beside a running cluster. */
export async function prepareUpgrade(context: HostContext, way: EtcdWay): Promise<StepOutcome> {
  const { cluster } = context
  const { version } = cluster.kubernetes
  await waitForOthers(context)
  const tools = await changeVersion(context, { act: 'install', names: ['kubeadm'] })
  const fetched = await changeVersion(context, { act: 'fetch', names: ['kubelet', 'kubectl'] })
  const images = await kubeadmImages(context)
  await refuseJump(context, images, way)
  const pulled = await pullAll(context, images, way)
  const changed = [tools.changed, fetched.changed, pulled].includes(true)
  const what = `kubeadm ${version}, and its images${changed ? '' : ', already there'}`
  return { changed, summary: [what, ...tools.notes].join('; ') }
}

async function pullAll(context: HostContext, images: readonly string[], way: EtcdWay): Promise<boolean> {
  const stepping = steppingImage(context, way)
  const wasPulled = await pullImages(context, images)
  if (stepping === undefined) return wasPulled
  try {
    return (await pullImages(context, images, [stepping])) || wasPulled
  } catch (error) {
    // A registry that does not answer now may do so later: the step tries again.
    if (!isQuorateError(error) || !isUnknownImage(error)) throw error
    const message = `etcd must go through ${way.steppingTag ?? ''} first, and ${stepping} cannot be pulled`
    throw new QuorateError('ETCD_JUMP_REFUSED', message, { ...error.context, host: context.host.name })
  }
}

function hasMember({ cluster, host }: HostContext): boolean {
  return etcdHosts(cluster).some(({ name }) => name === host.name)
}

function steppingImage(context: HostContext, { steppingTag }: EtcdWay): string | undefined {
  if (steppingTag === undefined || !hasMember(context)) return undefined
  return `${context.cluster.kubernetes.imageRepository}/etcd:${steppingTag}`
}

/** The plan knows which etcd a minor usually brings. kubeadm itself, now that it is there, says which one it will be. */
async function refuseJump(
  context: HostContext,
  images: readonly string[],
  { steppingTag, allowJump }: EtcdWay,
): Promise<void> {
  if (!hasMember(context) || steppingTag !== undefined || allowJump === true) return
  const tag =
    images
      .find((image) => image.includes('/etcd:'))
      ?.split(':')
      .at(-1) ?? ''
  const wanted = parseEtcdVersion(tag)
  if (wanted === undefined) return
  const own = (await memberVersions(context.session)).filter(({ name }) => name === context.host.name)
  const jump = etcdJump(own, wanted.minor)
  if (jump === undefined) return
  throw context.error('ETCD_JUMP_REFUSED', `kubeadm brings etcd ${tag}: ${jump.reason}`, { step: 'etcd' })
}
