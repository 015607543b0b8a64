import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { verifyServed } from '../../../src/activities/renew/verify-served.js'
import { lookAtCertificates, wireObstacle } from '../../../src/hosts/certificates/look.js'
import type { Session } from '../../../src/ssh/index.js'
import { FakePrograms } from '../../support/fake-programs.js'
import { TestAuthority } from '../../support/issued-certificates.js'
import { localContext } from '../../support/local-context.js'

vi.mock('../../../src/hosts/durable.js', () => import('../../support/local-context.js'))

const authority = new TestAuthority('kubernetes')
const { certificate } = authority.issue('someone', 365)
const encoded = Buffer.from(certificate).toString('base64')
afterAll(() => authority.remove())

let programs: FakePrograms
const put = (path: string, content: string) => {
  const file = join(programs.folder, 'kubernetes', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
const user = (field: string) => `users:\n- user:\n    ${field}\n`

beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-broken-')))
  put('pki/apiserver.crt', certificate)
  put('admin.conf', user(`client-certificate-data: ${encoded}`))
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

/** The host names its files as a real one does. */
function context() {
  const local = localContext(programs)
  const session: Session = {
    ...local.session,
    run: async (command, options) => {
      const answer = await local.session.run(command, options)
      const named = answer.stdout.replaceAll(`${programs.folder}/kubernetes`, '/etc/kubernetes')
      return { ...answer, stdout: named }
    },
  }
  return { ...local, session, patience: { components: 0, etcd: 0, node: 0, runtime: 0 } }
}

describe('a file that should hold a certificate, and does not', () => {
  it('is named, but no kubeconfig that needs none', async () => {
    put('pki/front-proxy-client.crt', '')
    put('super-admin.conf', 'users: [')
    put('scheduler.conf', user(`client-certificate-data: ${encoded.slice(0, 100)}`))
    put('kubelet.conf', user('client-certificate: /var/lib/kubelet/pki/x.pem'))
    put('bootstrap-kubelet.conf', user('token: abc'))
    const { found, broken } = await lookAtCertificates(context().session)
    expect(broken.toSorted()).toEqual([
      '/etc/kubernetes/pki/front-proxy-client.crt',
      '/etc/kubernetes/scheduler.conf',
      '/etc/kubernetes/super-admin.conf',
    ])
    expect(found.map(({ path }) => path).toSorted()).toEqual([
      '/etc/kubernetes/admin.conf',
      '/etc/kubernetes/pki/apiserver.crt',
    ])
  })

  it('is not served', async () => {
    put('pki/apiserver.crt', '')
    const { cluster, session } = context()
    const paths = ['/etc/kubernetes/pki/apiserver.crt']
    expect(await wireObstacle(cluster, session, paths)).toBe('apiserver.crt holds no certificate')
  })

  it('is no success of a renewal if kubeadm makes it', async () => {
    put('scheduler.conf', '')
    await expect(verifyServed(context(), false)).rejects.toMatchObject({
      code: 'RENEWAL_INCOMPLETE',
      message: 'scheduler.conf holds no certificate',
    })
  })
})
