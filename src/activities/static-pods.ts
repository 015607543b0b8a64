/** The components that kubeadm runs as static pods, told from other pods whose containers have the same names. */
import type { Host } from '../cluster/model.js'
import { command, expectSuccess, type Session } from '../ssh/index.js'

const NAMESPACE = 'kube-system'

/** What of a container `crictl ps` tells. */
interface Container {
  readonly metadata: { readonly name: string }
  readonly labels?: Readonly<Record<string, string>>
}

/** The name of the pod that the kubelet of a node makes of a manifest. */
export function staticPodName(component: string, { name }: Pick<Host, 'name'>): string {
  return `${component}-${name}`
}

/** The static pods' components that run on the node, by its runtime: the API hears of them seconds later. */
export async function runningComponents(session: Session): Promise<ReadonlySet<string>> {
  const list = command('crictl', 'ps', '--state', 'Running', '-o', 'json')
  const result = await session.run(list, { root: true })
  const { stdout } = expectSuccess(result, 'listing containers', session.host)
  const { containers = [] } = JSON.parse(stdout) as { readonly containers?: readonly Container[] }
  const components = containers.filter(({ metadata, labels = {} }) => {
    const pod = staticPodName(metadata.name, session.host)
    return labels['io.kubernetes.pod.namespace'] === NAMESPACE && labels['io.kubernetes.pod.name'] === pod
  })
  return new Set(components.map(({ metadata }) => metadata.name))
}
