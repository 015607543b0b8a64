/** The configuration for kubeadm's commands on a control plane of a running cluster. kubeadm's own defaults never count. */
import type { Host } from '../../cluster/model.js'
import { renderForPhases, renderInitConfiguration } from '../../configuration/kubeadm/render.js'
import { isQuorateError } from '../../errors/index.js'
import { KEPT_CONFIGURATION, parseDocument } from '../../facts/kept-configuration.js'
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
  const document = parseDocument((await keptClusterConfiguration(context, controlPlanes)) ?? '')
  return document === undefined
    ? renderInitConfiguration(cluster, host, { bootstrapToken: makeBootstrapToken() })
    : renderForPhases(cluster, host, document)
}

/** The text of the ClusterConfiguration that the cluster keeps; undefined if no API server answers, or it keeps none. */
export async function keptClusterConfiguration(
  { cluster, sessions, signal }: Pick<HostContext, 'cluster' | 'sessions' | 'signal'>,
  controlPlanes: readonly Host[],
): Promise<string | undefined> {
  const { namespace, cluster: place } = KEPT_CONFIGURATION
  for (const host of controlPlanes) {
    try {
      const api = localApi(cluster, await sessions.session(host, signal))
      const kept = await api.core.configMaps.in(namespace).find(place.name)
      const text = kept?.data?.[place.key]
      if (text !== undefined && parseDocument(text) !== undefined) return text
    } catch (error) {
      signal.throwIfAborted()
      if (!isQuorateError(error)) throw error
    }
  }
  return undefined
}
