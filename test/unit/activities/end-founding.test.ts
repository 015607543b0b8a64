import { describe, expect, it } from 'vitest'
import { endFounding, recordFounding } from '../../../src/activities/end-founding.js'
import { localApi } from '../../../src/hosts/kubernetes/cluster-api.js'
import { aClusterWithEtcdHosts } from '../../support/clusters.js'
import { ControlPlane } from './reconfigure/control-plane.js'

const EXISTING = '--initial-cluster-state=existing'

/** Ends it on a host, as often as is said. */
async function ending(host: ControlPlane, times = 1): Promise<ControlPlane> {
  const context = host.context({})
  const api = localApi(context.cluster, context.session)
  for (let time = 0; time < times; time += 1) await endFounding(context, api)
  return host
}

describe('once etcd is founded', () => {
  it('its first member does not start without its data, and no manifest of kubeadm says otherwise', async () => {
    const host = await ending(new ControlPlane())
    expect(host.argumentsOf('etcd')).toEqual([EXISTING])
    expect(host.record).toContain('initial-cluster-state')
  })

  it('nothing else of its manifest changes, and it restarts once', async () => {
    const host = await ending(new ControlPlane(), 2)
    expect(host.writes).toEqual(['/etc/kubernetes/manifests/etcd.yaml'])
  })

  it('an attempt that was cut off after it wrote the manifest is waited for by the next one', async () => {
    const host = await ending(new ControlPlane())
    const left = new ControlPlane()
    left.files.set(
      '/etc/kubernetes/manifests/etcd.yaml',
      host.state['/etc/kubernetes/manifests/etcd.yaml'] ?? '',
    )
    await ending(left)
    expect(left.writes).toEqual([])
    expect(left.record).toContain('initial-cluster-state')
  })

  it('etcd on hosts of its own is left alone', async () => {
    const host = new ControlPlane()
    const context = { ...host.context({}), cluster: aClusterWithEtcdHosts() }
    await endFounding(context, localApi(context.cluster, context.session))
    expect(host.writes).toEqual([])
    expect(host.record).not.toContain('initial-cluster-state')
  })
})

describe('the record of a cluster that others have initialised', () => {
  it('says so as soon as kubeadm writes its manifests again, without a restart', async () => {
    const host = new ControlPlane()
    const context = host.context({})
    await recordFounding(localApi(context.cluster, context.session))
    expect(host.record).toContain('existing')
    expect(host.writes).toEqual([])
  })
})
