import { describe, expect, it } from 'vitest'
import { configureKubeProxy } from '../../../../src/activities/reconfigure/kube-proxy.js'
import { ProxyCluster } from './proxy-cluster.js'

const NODES = ['cp1', 'cp2', 'cp3', 'w1']
const GOOD = { conntrack: { maxPerCore: 65_536 } }
const BAD = { oomScoreAdj: 5000 }

const replaced = (before: ProxyCluster['uids'], { uids }: ProxyCluster) =>
  Object.keys(uids).filter((node) => uids[node] !== before[node])

describe('another configuration of kube-proxy', () => {
  it('reaches every pod, and nothing is left of the way there', async () => {
    const cluster = new ProxyCluster(NODES)
    const [before, spec] = [cluster.uids, cluster.spec]
    expect(await configureKubeProxy(cluster.context(GOOD))).toEqual({ changed: true, summary: 'kube-proxy' })
    expect(cluster.configuration).toContain('maxPerCore: 65536')
    expect(replaced(before, cluster)).toEqual(NODES)
    expect(cluster.spec).toMatchObject({ updateStrategy: spec?.updateStrategy, minReadySeconds: 0 })
    expect(cluster.maps.get('quorate')).not.toHaveProperty('kube-proxy')
  })

  it('restarts nothing a second time', async () => {
    const cluster = new ProxyCluster(NODES)
    await configureKubeProxy(cluster.context(GOOD))
    const before = cluster.uids
    expect(await configureKubeProxy(cluster.context(GOOD))).toMatchObject({ changed: false })
    expect(cluster.uids).toEqual(before)
  })

  it('is taken back when the first pod crashes, which is the only one that was replaced', async () => {
    const cluster = new ProxyCluster(NODES)
    const [before, configuration, spec] = [cluster.uids, cluster.configuration, cluster.spec]
    await expect(configureKubeProxy(cluster.context(BAD))).rejects.toMatchObject({
      code: 'CONFIGURATION_REJECTED',
      message: expect.stringContaining('oomScoreAdj is invalid') as string,
    })
    expect(cluster.mostCrashing).toBe(1)
    expect(cluster.configuration).toBe(configuration)
    expect(replaced(before, cluster)).toHaveLength(1)
    expect(cluster.pods.some(({ crashes }) => crashes)).toBe(false)
    expect(cluster.spec?.template.metadata).not.toHaveProperty(['annotations', 'quorate.dev/configuration'])
    expect(cluster.spec?.updateStrategy).toEqual(spec?.updateStrategy)
    expect(cluster.maps.get('quorate')).toEqual({})
  })

  it('is not waited for on nodes that are not Ready, and holds the others up no longer', async () => {
    const cluster = new ProxyCluster(NODES)
    cluster.away.add('w1')
    const before = cluster.uids
    await configureKubeProxy(cluster.context(GOOD))
    expect(replaced(before, cluster)).toEqual(['cp1', 'cp2', 'cp3'])
  })

  it('is kept where no pods of kube-proxy run', async () => {
    const cluster = new ProxyCluster(NODES)
    cluster.spec = undefined
    await configureKubeProxy(cluster.context(GOOD))
    expect(cluster.configuration).toContain('maxPerCore: 65536')
  })

  it('goes on after a death in the middle, with what was there at first as the way back', async () => {
    const cluster = new ProxyCluster(NODES)
    const first = cluster.configuration
    const step = configureKubeProxy(cluster.context(GOOD)).catch(() => undefined)
    await expect
      .poll(() => cluster.pods.some(({ mark }) => mark !== undefined), { timeout: 10_000, interval: 5 })
      .toBe(true)
    cluster.kill()
    await step
    const left = new ProxyCluster(NODES)
    for (const [name, data] of cluster.maps) left.maps.set(name, data)
    Object.assign(left, { pods: cluster.pods, spec: cluster.spec })
    await expect(configureKubeProxy(left.context({ ...GOOD, ...BAD }))).rejects.toThrow()
    expect(left.configuration).toBe(first)
    expect(left.maps.get('quorate')).not.toHaveProperty('kube-proxy')
  })
})
