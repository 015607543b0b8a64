import { X509Certificate } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { makeEtcdAuthority } from '../../../src/hosts/etcd/certificates.js'
import { renewEtcdCertificates } from '../../../src/activities/renew-etcd-certificates.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { activity } from '../../support/activity.js'
import { aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'
import { EtcdFleet } from './etcd-fleet.js'
import { TestAuthority } from '../../support/issued-certificates.js'

const cluster = aClusterWithEtcdHosts()
const PKI = '/etc/kubernetes/pki'
const CLIENT = 'apiserver-etcd-client'

const authority = new TestAuthority()
const expiring = authority.issue('someone', 89)
const lasting = authority.issue('someone', 200)
const renewed = authority.issue('someone', 365)
afterAll(() => authority.remove())

function on<Result>(
  fleet: EtcdFleet,
  host: string,
  act: (context: HostContext) => Promise<Result>,
): Promise<Result> {
  return activity(() =>
    onHost(fleet.pool, cluster, aHost(host), (context) =>
      act({ ...context, patience: { components: 0, etcd: 0, node: 0, runtime: 0 } }),
    ),
  )
}
const renew = (fleet: EtcdFleet, host: string) =>
  on(fleet, host, (context) => renewEtcdCertificates(context, aHost('e1')))
const daysLeft = (pem: string): number =>
  Math.round((Date.parse(new X509Certificate(pem).validTo) - Date.now()) / 86_400_000)
const withAuthority = (options: ConstructorParameters<typeof EtcdFleet>[1] = {}) => {
  const fleet = new EtcdFleet(cluster, { issue: () => renewed, ...options })
  fleet.putPair('e1', 'etcd/ca', { certificate: authority.certificate, key: authority.key })
  return fleet
}

describe('the certificates of an etcd member', () => {
  it('are replaced with their keys if they expire soon, and only those', async () => {
    const fleet = withAuthority()
    fleet.putPair('e2', 'etcd/server', expiring)
    fleet.putPair('e2', 'etcd/peer', expiring)
    fleet.putPair('e2', 'etcd/healthcheck-client', lasting)
    const { changed, summary } = await renew(fleet, 'e2')
    expect({ changed, summary }).toEqual({ changed: true, summary: 'renewed etcd/server, etcd/peer' })
    for (const name of ['etcd/server', 'etcd/peer']) {
      expect(fleet.read('e2', `${PKI}/${name}.crt`)).toBe(renewed.certificate)
      expect(fleet.read('e2', `${PKI}/${name}.key`)).toBe(renewed.key)
    }
    expect(fleet.read('e2', `${PKI}/etcd/healthcheck-client.crt`)).toBe(lasting.certificate)
    expect(fleet.paths('e2').filter((path) => path.includes('renewed'))).toEqual([])
  })

  it('are kept while they are valid for long enough', async () => {
    const fleet = withAuthority()
    for (const name of ['etcd/server', 'etcd/peer', 'etcd/healthcheck-client'])
      fleet.putPair('e2', name, lasting)
    expect((await renew(fleet, 'e2')).changed).toBe(false)
    expect(fleet.journal).toEqual([])
  })
})

describe('the etcd client certificate of the API servers', () => {
  it('is issued again by the authority before it expires', async () => {
    const fleet = withAuthority()
    fleet.putPair('e1', CLIENT, expiring)
    expect((await on(fleet, 'e1', makeEtcdAuthority)).summary).toContain('client certificate')
    expect(daysLeft(fleet.read('e1', `${PKI}/${CLIENT}.crt`))).toBe(365)
  })

  it('is kept by the authority while it is valid for long enough', async () => {
    const fleet = withAuthority()
    fleet.putPair('e1', CLIENT, lasting)
    expect((await on(fleet, 'e1', makeEtcdAuthority)).changed).toBe(false)
  })

  it('is copied from there to a control plane whose own expires soon', async () => {
    const fleet = withAuthority()
    fleet.putPair('e1', CLIENT, renewed)
    fleet.putPair('cp2', CLIENT, expiring)
    expect((await renew(fleet, 'cp2')).changed).toBe(true)
    expect(fleet.read('cp2', `${PKI}/${CLIENT}.crt`)).toBe(renewed.certificate)
    expect(fleet.read('cp2', `${PKI}/${CLIENT}.key`)).toBe(renewed.key)
  })

  it('is kept if the API server is not ready', async () => {
    const fleet = withAuthority({ isReady: () => false })
    fleet.putPair('e1', CLIENT, renewed)
    fleet.putPair('cp2', CLIENT, expiring)
    await expect(renew(fleet, 'cp2')).rejects.toMatchObject({ type: 'CONTROL_PLANE_NOT_READY' })
    expect(fleet.read('cp2', `${PKI}/${CLIENT}.crt`)).toBe(expiring.certificate)
  })

  it('is replaced if it has expired and therefore the API server is down', async () => {
    const fleet = withAuthority({
      isReady: () => fleet.read('cp2', `${PKI}/${CLIENT}.crt`) === renewed.certificate,
    })
    fleet.putPair('e1', CLIENT, renewed)
    fleet.putPair('cp2', CLIENT, authority.issue('someone', -1))
    expect((await renew(fleet, 'cp2')).changed).toBe(true)
  })

  it('is not replaced with one that expires no later', async () => {
    const fleet = withAuthority()
    fleet.putPair('e1', CLIENT, expiring)
    fleet.putPair('cp2', CLIENT, expiring)
    await expect(renew(fleet, 'cp2')).rejects.toMatchObject({ type: 'ETCD_AUTHORITY_LOST' })
  })
})
