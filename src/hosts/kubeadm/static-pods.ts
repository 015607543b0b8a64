/** The components that kubeadm runs as static pods, told apart from other pods whose containers have the same names. */
import { z } from 'zod'
import type { Host } from '../../cluster/model.js'
import { expectSuccess, type Session } from '../../ssh/index.js'
import { RUNNING_CONTAINERS } from '../containerd/containers.js'
import { readJson } from '../json.js'

const NAMESPACE = 'kube-system'

/** The part of the output of `crictl ps` that is read. */
const CONTAINERS = z.looseObject({
  containers: z
    .array(
      z.looseObject({
        metadata: z.looseObject({ name: z.string() }),
        labels: z.record(z.string(), z.string()).default({}),
      }),
    )
    .nullish(),
})

/** The name that a node's kubelet gives to the static pod of a component. */
export function staticPodName(component: string, { name }: Pick<Host, 'name'>): string {
  return `${component}-${name}`
}

/**
 * The static pods' components that run on the node, according to its runtime: the API only hears of them seconds later.
 */
export async function runningComponents(session: Session): Promise<ReadonlySet<string>> {
  const result = await session.run(RUNNING_CONTAINERS, { root: true })
  const { stdout } = expectSuccess(result, 'listing containers', session.host)
  const { containers } = readJson(session, stdout, CONTAINERS, 'crictl ps')
  const components = (containers ?? []).filter(({ metadata, labels }) => {
    const pod = staticPodName(metadata.name, session.host)
    return labels['io.kubernetes.pod.namespace'] === NAMESPACE && labels['io.kubernetes.pod.name'] === pod
  })
  return new Set(components.map(({ metadata }) => metadata.name))
}
