import { describe, expect, it } from 'vitest'
import { setEtcdEndpoints } from '../../../src/activities/set-etcd-endpoints.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { activity } from '../../support/activity.js'
import { aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { EtcdFleet, type EtcdFleetOptions } from './etcd-fleet.js'

const cluster = aClusterWithEtcdHosts()
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const [E1, E2, E3, OLD] = ['31', '32', '33', '39'].map((last) => `https://192.0.2.${last}:2379`)
const WANTED = [E1, E2, E3].join(',')

// With what somebody has set there by hand.
const manifest = (endpoints: string): string => `spec:
  containers:
  - command:
    - kube-apiserver
    - --audit-log-maxage=30
    - --etcd-servers=${endpoints}
    - --etcd-servers-overrides=/events#https://192.0.2.50:2379
    - --secure-port=6443
`
const CONFIGURATION = `apiVersion: kubeadm.k8s.io/v1beta4
etcd:
  external:
    caFile: /etc/kubernetes/pki/etcd/ca.crt
    endpoints:
      - ${E1 ?? ''}
      - ${OLD ?? ''}
kind: ClusterConfiguration
`

function fleetWith(options: EtcdFleetOptions = {}, endpoints = [E1, OLD].join(',')) {
  const fleet = new EtcdFleet(cluster, { idAt: () => '77', configuration: CONFIGURATION, ...options })
  fleet.put('cp1', { [MANIFEST]: manifest(endpoints) })
  return fleet
}

const set = (fleet: EtcdFleet) =>
  activity(() =>
    onHost(fleet.pool, cluster, aHost('cp1'), (context) =>
      setEtcdEndpoints({ ...context, patience: { components: 0, etcd: 0, node: 0, runtime: 0 } }),
    ),
  )

describe('the etcd endpoints of an API server', () => {
  it('become those of the file, and the rest of the manifest stays unchanged', async () => {
    const fleet = fleetWith()
    expect((await set(fleet)).changed).toBe(true)
    expect(fleet.read('cp1', MANIFEST)).toBe(manifest(WANTED))
  })

  it("are first stored in kubeadm's configuration, for later joins and upgrades", async () => {
    const fleet = fleetWith()
    await set(fleet)
    expect(fleet.configuration).toBe(
      CONFIGURATION.replace(`      - ${OLD ?? ''}\n`, `      - ${E2 ?? ''}\n      - ${E3 ?? ''}\n`),
    )
    expect(fleet.journal).toEqual(['kubeadm-config replaced', `cp1 writes ${MANIFEST}`])
  })

  it('are kept if only their order differs', async () => {
    const fleet = fleetWith({}, [E3, E1, E2].join(','))
    expect((await set(fleet)).changed).toBe(false)
    expect(fleet.journal).toEqual([])
  })

  it('never lead to another etcd than that of the cluster', async () => {
    const fleet = fleetWith({ idAt: (url) => (url === OLD ? '77' : '99') }, OLD)
    await expect(set(fleet)).rejects.toMatchObject({ type: 'ETCD_OTHER_CLUSTER', nonRetryable: true })
    expect(fleet.journal).toEqual([])
  })

  it('never lead to members of two etcds', async () => {
    const fleet = fleetWith({ idAt: (url) => (url === E3 ? '99' : '77') })
    await expect(set(fleet)).rejects.toMatchObject({ type: 'ETCD_OTHER_CLUSTER' })
    expect(fleet.journal).toEqual([])
  })

  it('are kept until all of the new ones answer', async () => {
    const fleet = fleetWith({ idAt: (url) => (url === E2 ? undefined : '77') })
    await expect(set(fleet)).rejects.toMatchObject({ type: 'ETCD_UNHEALTHY' })
    expect(fleet.journal).toEqual([])
  })

  it('are kept while the API server is not ready', async () => {
    const fleet = fleetWith({ isReady: () => false })
    await expect(set(fleet)).rejects.toMatchObject({ type: 'CONTROL_PLANE_NOT_READY' })
    expect(fleet.journal).toEqual([])
  })

  it('restore an API server whose members are all gone, if etcd contains its node', async () => {
    const idAt = (url: string) => (url === OLD ? undefined : '77')
    const isReady = (): boolean => fleet.read('cp1', MANIFEST).includes(WANTED)
    const fleet = fleetWith({ idAt, isReady, nodes: ['cp1', 'w1'] }, OLD)
    expect((await set(fleet)).changed).toBe(true)
    expect(fleet.journal).toEqual([`cp1 writes ${MANIFEST}`, 'kubeadm-config replaced'])
    const stranger = fleetWith({ idAt, isReady, nodes: [] }, OLD)
    await expect(set(stranger)).rejects.toMatchObject({ type: 'ETCD_OTHER_CLUSTER' })
  })
})
