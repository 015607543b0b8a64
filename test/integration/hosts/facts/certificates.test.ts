import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatherFacts } from '../../../../src/activities/gather-facts.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { Session } from '../../../../src/ssh/session.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { TestAuthority } from '../../../support/issued-certificates.js'
import { localSession } from '../../../support/local-session.js'
import { inFolder } from '../../../support/session-in-folder.js'

const authority = new TestAuthority()
const apiServer = authority.issue('kube-apiserver', 300)
const administrator = authority.issue('kubernetes-admin', 20)
const kubelet = authority.issue('system:node:cp1', -3)

let folder: string
let said = ''
let facts: HostFacts
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-facts-'))
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const files = {
    'kubernetes/pki/ca.crt': authority.certificate,
    'kubernetes/pki/apiserver.crt': apiServer.certificate,
    'kubernetes/pki/apiserver.key': apiServer.key,
    'kubernetes/pki/etcd/cut-off.crt': apiServer.certificate.slice(0, 200),
    'kubernetes/admin.conf': `users:\n- user:\n    client-certificate-data: ${base64(administrator.certificate)}\n    client-key-data: ${base64(administrator.key)}\n`,
    'kubernetes/kubelet.conf': 'users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/x.pem\n',
    'kubernetes/manifests/kube-apiserver.yaml':
      '    - --etcd-cafile=/x\n    - --etcd-servers=https://192.0.2.31:2379,https://192.0.2.32:2379\n    - --secure-port=6443\n    image: registry.k8s.io/kube-apiserver:v1.36.3\n',
    'kubelet/pki/kubelet-client-current.pem': kubelet.key + kubelet.certificate + kubelet.key,
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const local = inFolder(localSession(), folder)
  const session: Session = {
    ...local,
    run: async (command, options) => {
      const result = await local.run(command, options)
      said += result.stdout
      return result
    },
  }
  facts = await gatherFacts({ session, cluster: aCluster(), host: aHost('cp1') })
})
afterAll(() => {
  authority.remove()
  rmSync(folder, { recursive: true, force: true })
})

const keyIn = (pem: string): string => pem.split('\n')[1] ?? ''

describe('the certificates in the facts', () => {
  it('include those in files and in kubeconfig files, with their expiry', () => {
    const inDays = (days: number): string =>
      new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
    const found = facts.certificates?.found.map(({ path, subject, notAfter, isCA }) => [
      path.replace(folder, ''),
      subject,
      notAfter.slice(0, 10),
      isCA,
    ])
    expect(found).toEqual([
      ['/kubernetes/pki/apiserver.crt', 'kube-apiserver', inDays(300), false],
      ['/kubernetes/pki/ca.crt', 'etcd-ca', inDays(3650), true],
      ['/kubelet/pki/kubelet-client-current.pem', 'system:node:cp1', inDays(-3), false],
      ['/kubernetes/admin.conf', 'kubernetes-admin', inDays(20), false],
    ])
  })

  it('include no keys, whatever else is in the files', () => {
    for (const { key } of [apiServer, administrator, kubelet]) {
      expect(said).not.toContain(keyIn(key))
      expect(said).not.toContain(Buffer.from(key).toString('base64').slice(60, 120))
    }
  })

  it('come with the etcd endpoints, port and image repository of the API server', () => {
    expect(facts.apiServerPod).toEqual({ port: 6443, imageRepository: 'registry.k8s.io' })
    expect(facts.etcdServers).toEqual(['https://192.0.2.31:2379', 'https://192.0.2.32:2379'])
  })
})
