import { describe, expect, it } from 'vitest'
import { firstAdministrator } from '../../../../src/hosts/kubernetes/read-kubeconfig.js'
import { QuorateError, reportError } from '../../../../src/errors/index.js'
import type { Host } from '../../../../src/cluster/model.js'
import type { Session, SessionPool } from '../../../../src/ssh/index.js'
import { aCluster } from '../../../support/clusters.js'

type Answer = string | undefined | QuorateError

/** Control planes that give this admin.conf, have none, or cannot be reached. */
function controlPlanes(answers: Readonly<Record<string, Answer>>): SessionPool {
  return {
    session: (host: Host) => {
      const answer = answers[host.name]
      if (answer instanceof QuorateError) return Promise.reject(answer)
      const content = answer === undefined ? undefined : Buffer.from(answer)
      return Promise.resolve({ readFile: () => Promise.resolve(content) } as unknown as Session)
    },
    close: () => Promise.resolve(),
  }
}

const refusedBy = (host: string) =>
  new QuorateError('SSH_UNREACHABLE', 'the connection was refused', { host })

describe('the kubeconfig of a cluster', () => {
  it('comes from the first control plane that has one', async () => {
    const hosts = controlPlanes({ cp1: refusedBy('cp1'), cp2: undefined, cp3: 'admin of cp3' })
    expect(await firstAdministrator(hosts, aCluster())).toMatchObject({ kubeconfig: 'admin of cp3' })
  })

  it('that cannot be read from any control plane gives the reason for each', async () => {
    const hosts = controlPlanes({ cp1: refusedBy('cp1'), cp2: refusedBy('cp2'), cp3: undefined })
    const error = await firstAdministrator(hosts, aCluster()).catch((reason: unknown) => reportError(reason))
    expect(error).toMatchObject({
      code: 'SSH_UNREACHABLE',
      problems: [{ host: 'cp1' }, { host: 'cp2' }],
    })
  })

  it('does not exist before the first apply', async () => {
    await expect(firstAdministrator(controlPlanes({}), aCluster())).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
    })
  })
})
