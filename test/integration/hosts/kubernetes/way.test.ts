/** The API over a host's own SSH connection, whatever the host's sshd allows. */
import { afterEach, describe, expect, it } from 'vitest'
import { localApi } from '../../../../src/hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../../../../src/hosts/kubernetes/health.js'
import { createSessionPool, type Session } from '../../../../src/ssh/index.js'
import { aCluster } from '../../../support/clusters.js'
import { startApiServer } from '../../../support/api-server.js'
import { startSshd } from '../../../support/sshd.js'

const ended: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

const WAYS = {
  'a host that forwards': [],
  'a host that does not forward': ['AllowTcpForwarding no'],
  'a host that allows one session': ['MaxSessions 1'],
  'a host that allows one session and does not forward': ['MaxSessions 1', 'AllowTcpForwarding no'],
}

async function scene(config: readonly string[], answer: Parameters<typeof startApiServer>[0]) {
  const server = await startApiServer(answer)
  ended.push(() => server.close())
  const sshd = await startSshd({ config })
  ended.push(() => sshd.stop())
  const pool = createSessionPool({ agentSocket: '' })
  ended.push(() => pool.close())
  const session = await pool.session(sshd.host())
  const withAdminConf: Session = Object.assign(Object.create(session) as Session, {
    host: session.host,
    way: session.way,
    run: session.run.bind(session),
    connect: session.connect.bind(session),
    readFile: () => Promise.resolve(Buffer.from(server.identity.adminConf())),
  })
  const { kubernetes, ...rest } = aCluster()
  const initConfiguration = { localAPIEndpoint: { bindPort: server.port } }
  const cluster = {
    ...rest,
    kubernetes: { ...kubernetes, kubeadm: { ...kubernetes.kubeadm, initConfiguration } },
  }
  return { server, session: withAdminConf, api: localApi(cluster, withAdminConf) }
}

for (const [host, config] of Object.entries(WAYS)) {
  describe(host, () => {
    it('answers', async () => {
      const { api, server } = await scene(config, () => ({ body: 'ok' }))
      expect(await isApiServerReady(api)).toBe(true)
      expect(await isApiServerReady(api)).toBe(true)
      await Promise.all(Array.from({ length: 20 }, () => isApiServerReady(api)))
      await api.core.nodes.patch('w1', {}).catch(() => undefined)
      expect(server.asked.at(-1)?.user).toBe('kubernetes-admin')
    })
  })
}
