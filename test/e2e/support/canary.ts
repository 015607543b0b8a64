/** Pods of which one may always be away, as people who care about their service have them. */
import type { Fleet } from '../../support/fleet.js'
import { pauseImage } from './workload.js'

const WORKLOAD = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: canary }
spec:
  replicas: 2
  selector: { matchLabels: { app: canary } }
  template:
    metadata: { labels: { app: canary } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{ operator: Exists, key: node-role.kubernetes.io/control-plane }]
      containers: [{ name: pause, image: IMAGE }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: canary }
spec:
  minAvailable: 1
  selector: { matchLabels: { app: canary } }
`

/** Deploys two pods, which need no image but the one that every node has, and waits until they run. */
export async function deployCanary(fleet: Fleet): Promise<void> {
  const manifest = Buffer.from(WORKLOAD.replace('IMAGE', await pauseImage(fleet))).toString('base64')
  await fleet.on(
    'cp1',
    `echo ${manifest} | base64 -d | kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f -`,
  )
  await fleet.kubectl('rollout', 'status', 'deployment/canary', '--timeout=120s')
}

/** The versions that nodes have, each once. */
export async function kubeletVersions(fleet: Fleet): Promise<ReadonlySet<string>> {
  const path = '{range .items[*]}{.status.nodeInfo.kubeletVersion}{"\\n"}{end}'
  const versions = await fleet.kubectl('get', 'nodes', '-o', `jsonpath=${path}`)
  return new Set(versions.trim().split('\n'))
}
