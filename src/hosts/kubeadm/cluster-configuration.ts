/** The configuration for kubeadm's commands on a control plane of a running cluster. kubeadm's own defaults never count. */
import type { Host } from '../../cluster/model.js'
import { renderForPhases, renderInitConfiguration } from '../../configuration/kubeadm/render.js'
import { isQuorateError } from '../../errors/index.js'
import { KEPT_CONFIGURATION, parseDocument } from '../../facts/kept-configuration.js'
import type { PlainObject } from '../../values/merge.js'
import type { HostContext } from '../context.js'
import { makeBootstrapToken } from '../kubernetes/bootstrap-token.js'
import { localApi } from '../kubernetes/cluster-api.js'

/**
 * The ClusterConfiguration that the cluster keeps, asked of the first API server that answers; without one, that of the
 * cluster file. kubeadm itself would take its defaults then: other keys, another lifetime.
 * @param controlPlanes those to ask.
 */
export async function clusterConfigurationFor(
  context: HostContext,
  controlPlanes: readonly Host[],
): Promise<string> {
  const { cluster, host } = context
  const document = await keptDocument(context, controlPlanes)
  return document === undefined
    ? renderInitConfiguration(cluster, host, { bootstrapToken: makeBootstrapToken() })
    : renderForPhases(cluster, host, document)
}

async function keptDocument(
  { cluster, sessions, signal }: HostContext,
  controlPlanes: readonly Host[],
): Promise<PlainObject | undefined> {
  const { namespace, cluster: place } = KEPT_CONFIGURATION
  for (const host of controlPlanes) {
    try {
      const api = localApi(cluster, await sessions.session(host, signal))
      const kept = await api.core.configMaps.in(namespace).find(place.name)
      const document = parseDocument(kept?.data?.[place.key] ?? '')
      if (document !== undefined) return document
    } catch (error) {
      signal.throwIfAborted()
      if (!isQuorateError(error)) throw error
    }
  }
  return undefined
}
