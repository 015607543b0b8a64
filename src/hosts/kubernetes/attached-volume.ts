/** Volumes that are still attached to a node whose pods have gone: nobody else can use them until they are detached. */
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { Stored } from './api/resources.js'
import type { ClusterApi } from './cluster-api.js'

/** The name of a volume that is attached to the node, and that no pod there uses; undefined if there is none. */
export async function attachedVolume(
  api: ClusterApi,
  node: string,
  staying: readonly Stored<Pod>[],
): Promise<string | undefined> {
  const attached = (await api.storage.volumeAttachments.list()).flatMap(({ metadata, spec }) =>
    spec.nodeName === node ? [spec.source.persistentVolumeName ?? metadata.name] : [],
  )
  if (attached.length === 0) return undefined
  const used = await Promise.all(staying.flatMap((pod) => claimsOf(pod)).map((claim) => volumeOf(api, claim)))
  return attached.find((volume) => !used.includes(volume))
}

interface Claim {
  readonly namespace: string
  readonly name: string
}

function claimsOf({ metadata, spec }: Stored<Pod>): readonly Claim[] {
  const { namespace = 'default' } = metadata
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [{ namespace, name: persistentVolumeClaim.claimName }]
    return ephemeral === undefined ? [] : [{ namespace, name: `${metadata.name}-${name}` }]
  })
}

async function volumeOf({ core }: ClusterApi, { namespace, name }: Claim): Promise<string | undefined> {
  return (await core.persistentVolumeClaims.in(namespace).find(name))?.spec?.volumeName
}
