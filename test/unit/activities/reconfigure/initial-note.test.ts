import { describe, expect, it } from 'vitest'
import { noteInitial } from '../../../../src/activities/reconfigure/kept-documents.js'
import { localApi } from '../../../../src/hosts/kubernetes/cluster-api.js'
import { ControlPlane } from './control-plane.js'

/** Notes what a file with this argument of the API server sets. */
async function noting(host: ControlPlane, argument: string): Promise<void> {
  const extraArgs = { [argument]: '1' }
  const { cluster, session } = host.context({ clusterConfiguration: { apiServer: { extraArgs } } })
  await noteInitial(localApi(cluster, session), cluster)
}

describe('the note about a cluster that was initialised', () => {
  it('keeps what an attempt with another file has set, so that a later apply removes it', async () => {
    const host = new ControlPlane()
    await noting(host, 'v')
    await noting(host, 'event-ttl')
    await noting(host, 'event-ttl')
    expect(host.note).toMatchObject({
      set: {
        ClusterConfiguration: [
          ['apiServer', 'extraArgs', 'v'],
          ['apiServer', 'extraArgs', 'event-ttl'],
        ],
      },
      isChanging: false,
    })
  })
})
