/** An API server behind a real sshd, with the administrator's credentials on the host. */
import { localApi, type ClusterApi } from '../../../../src/hosts/kubernetes/cluster-api.js'
import type { Cluster } from '../../../../src/cluster/model.js'
import { createSessionPool, type Session } from '../../../../src/ssh/index.js'
import { aCluster } from '../../../support/clusters.js'
import { startApiServer, type ApiAnswers, type TestApiServer } from '../../../support/api-server.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

export interface ApiScene {
  readonly server: TestApiServer
  readonly sshd: TestSshd
  readonly session: Session
  readonly api: ClusterApi
  /** How often the credentials were read. */
  readonly reads: () => number
  /** Puts another file in place of admin.conf; undefined: none. */
  readonly replaceAdminConf: (content: string | undefined) => void
  /** The API as asked through another session to the same host. */
  readonly apiOver: (session: Session) => ClusterApi
  close(): Promise<void>
}

/** @param config lines of the host's sshd_config. */
export async function apiScene(answers: ApiAnswers, config: readonly string[] = []): Promise<ApiScene> {
  const server = await startApiServer(answers)
  const sshd = await startSshd({ config })
  const pool = createSessionPool({ agentSocket: '' })
  const real = await pool.session(sshd.host())
  let reads = 0
  let adminConf: { readonly content: string | undefined } | undefined
  const content = () => (adminConf === undefined ? server.identity.adminConf() : adminConf.content)
  const session: Session = {
    host: real.host,
    way: real.way,
    run: (command, options) => real.run(command, options),
    connect: (endpoint, signal) => real.connect(endpoint, signal),
    readFile: () => {
      reads += 1
      const text = content()
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text))
    },
    writeFile: (path, text, attributes) => real.writeFile(path, text, attributes),
    removeFile: (path) => real.removeFile(path),
  }
  const cluster = servedAt(server.port)
  return {
    server,
    sshd,
    session,
    api: localApi(cluster, session),
    reads: () => reads,
    replaceAdminConf: (text) => (adminConf = { content: text }),
    apiOver: (other) => localApi(cluster, other),
    close: async () => {
      await pool.close()
      await sshd.stop()
      await server.close()
    },
  }
}

function servedAt(bindPort: number): Cluster {
  const { kubernetes, ...rest } = aCluster()
  const kubeadm = { ...kubernetes.kubeadm, initConfiguration: { localAPIEndpoint: { bindPort } } }
  return { ...rest, kubernetes: { ...kubernetes, kubeadm } }
}
