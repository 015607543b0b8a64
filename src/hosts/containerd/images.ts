/** Pulls images before they are needed, so that kubeadm does not spend its own time limits on downloads. */
import { renderClusterConfiguration } from '../../configuration/kubeadm/render.js'
import { initialCluster, renderMemberConfiguration } from '../../configuration/kubeadm/render-etcd-member.js'
import type { HostRole } from '../../cluster/model.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import { sandboxImage } from '../../cluster/supported-minors.js'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import { command, lastLines } from '../../ssh/index.js'
import { presentImages, pullCommand } from './containers.js'
import { runDurably } from '../durable.js'
import { imageProxy } from './image-proxy.js'
import type { HostContext } from '../context.js'
import { defined } from '../../values/defined.js'

/** Image names, without repository and tag, that a role runs; undefined: all that kubeadm lists. */
const NEEDED: Partial<Record<HostRole, readonly string[]>> = {
  worker: ['kube-proxy', 'pause', 'coredns'],
  etcd: ['etcd', 'pause'],
}

/** The images that this host's kubeadm would run, as the binary itself lists them. */
export async function kubeadmImages(context: HostContext): Promise<readonly string[]> {
  const result = await context.session.run(
    command('kubeadm', 'config', 'images', 'list', '--config', '/dev/stdin'),
    {
      root: true,
      stdin: imagesConfiguration(context),
    },
  )
  if (result.exitCode !== 0) {
    throw context.error('KUBEADM_CONFIG_INVALID', 'kubeadm rejects the cluster configuration', {
      step: 'kubeadm config images list',
      output: lastLines(result.stderr),
    })
  }
  return result.stdout.split('\n').filter((line) => line.includes('/'))
}

/** With external etcd, kubeadm lists etcd's image only for a configuration that runs a member. */
function imagesConfiguration({ cluster, host }: HostContext): string {
  if (host.role !== 'etcd') return renderClusterConfiguration(cluster)
  const beginning = { state: 'new', initialCluster: initialCluster([host]) } as const
  return renderMemberConfiguration(cluster, host, { beginning })
}

/**
 * Pulls those of `images` that the host's role needs and the host lacks, and all of `more`; false if it had them all.
 * @throws QuorateError `IMAGES_FAILED` when one cannot be pulled.
 */
export async function pullImages(
  context: HostContext,
  images: readonly string[],
  more: readonly string[] = [],
): Promise<boolean> {
  const { session, cluster } = context
  const { version, imageRepository } = cluster.kubernetes
  // The sandbox image comes from the table of minors, so that a plan knows it before kubeadm is there.
  const sandbox = sandboxImage(version, imageRepository)
  const wanted = [...new Set([...roleImages(context, images), sandbox, ...networkImages(context), ...more])]
  const lacking = async () => {
    const present = await presentImages(session)
    return wanted.filter((image) => !isAmong(present, image))
  }
  let missing = await lacking()
  if (missing.length === 0) return false
  // The first pull may only end the unit of an attempt whose worker died, which was for other images.
  for (let pulls = 0; pulls < 2 && missing.length > 0; pulls += 1) {
    await pull(context, missing)
    missing = await lacking()
  }
  if (missing.length === 0) return true
  throw context.error('IMAGES_FAILED', `still missing after the pull: ${missing.join(', ')}`, {
    step: 'pull images',
  })
}

/** Whether images could not be pulled because a registry answered that it has no such image. */
export function isUnknownImage({ code, context: { output = '' } }: QuorateError): boolean {
  return code === 'IMAGES_FAILED' && /code = NotFound|: not found|manifest unknown/i.test(output)
}

async function pull(context: HostContext, missing: readonly string[]): Promise<void> {
  const { session, cluster } = context
  const pulling = runDurably(context, {
    unit: 'pull-images',
    title: `pull ${missing.length} images`,
    command: pullCommand(missing),
    failure: (exitCode, output) =>
      context.error(
        'IMAGES_FAILED',
        `images cannot be pulled from ${cluster.kubernetes.imageRepository} (${exitCode})`,
        { step: 'pull images', output: lastLines(output) },
      ),
  })
  await pulling.catch(async (error: unknown) => {
    if (!isQuorateError(error) || error.code !== 'IMAGES_FAILED') throw error
    const proxy = await imageProxy(session)
    if (proxy === undefined) throw error
    const hint = defined({ hint: proxy.hint })
    throw new QuorateError(error.code, `${error.message}: ${proxy.message}`, { ...error.context, ...hint })
  })
}

function roleImages(context: HostContext, all: readonly string[]): readonly string[] {
  const needed = NEEDED[context.host.role]
  if (needed === undefined) return all
  return all.filter((image) => needed.some((name) => image.includes(`/${name}:`)))
}

function networkImages({ cluster, host }: HostContext): readonly string[] {
  return host.role === 'etcd' ? [] : networkPlugin(cluster).images
}

/** Runtimes keep an image under its full name, while a wanted name may omit the registry if it is Docker Hub. */
function isAmong(present: ReadonlySet<string>, image: string): boolean {
  return [image, `docker.io/${image}`, `docker.io/library/${image}`].some((name) => present.has(name))
}
