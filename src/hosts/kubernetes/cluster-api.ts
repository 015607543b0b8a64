/**
 * The Kubernetes API, asked as its administrator through a control plane: a client in the worker, whose connections lead
 * through the host's own SSH connection. A request that changes something is sent only if the session's operation still
 * holds the host, like every command.
 */
import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js'
import type {
  ConfigMap,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
} from 'kubernetes-types/core/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import type { VolumeAttachment } from 'kubernetes-types/storage/v1.js'
import { apiServerBindPort } from '../../configuration/kubeadm/api-server.js'
import type { Cluster, Endpoint } from '../../cluster/model.js'
import type { Session } from '../../ssh/index.js'
import { askApi } from './api/client.js'
import { evict, podLog, type LogOptions, type PodName } from './api/pods.js'
import {
  Resources,
  type Ask,
  type Deletion,
  type NamespacedResource,
  type Resource,
} from './api/resources.js'

/** An API server, and the control plane through which it is asked. */
export interface ClusterApi {
  readonly session: Session
  readonly server: Endpoint
  readonly core: {
    readonly nodes: Resource<Node>
    readonly pods: NamespacedResource<Pod>
    readonly services: NamespacedResource<Service>
    readonly configMaps: NamespacedResource<ConfigMap>
    readonly secrets: NamespacedResource<Secret>
    readonly persistentVolumes: Resource<PersistentVolume>
    readonly persistentVolumeClaims: NamespacedResource<PersistentVolumeClaim>
    /** See {@link evict}. */
    evict(pod: PodName, deletion?: Deletion): Promise<boolean>
    /** See {@link podLog}. */
    log(pod: PodName, options: LogOptions): Promise<string>
  }
  readonly apps: {
    readonly daemonSets: NamespacedResource<DaemonSet>
    readonly deployments: NamespacedResource<Deployment>
    readonly statefulSets: NamespacedResource<StatefulSet>
  }
  readonly policy: { readonly podDisruptionBudgets: NamespacedResource<PodDisruptionBudget> }
  readonly storage: { readonly volumeAttachments: Resource<VolumeAttachment> }
  /** Any other request; see {@link askApi}. */
  readonly ask: Ask
  /** The text at a path such as `/readyz` or `/version`. */
  get(path: string): Promise<string>
}

/** The API server of the control plane at the other end of the session. */
export function localApi(cluster: Cluster, session: Session): ClusterApi {
  return apiAt(session, { host: session.host.internalAddress, port: apiServerBindPort(cluster) })
}

/** The API through the control plane endpoint, asked from the control plane at the other end of the session. */
export function balancedApi(cluster: Cluster, session: Session): ClusterApi {
  return apiAt(session, cluster.kubernetes.controlPlaneEndpoint)
}

function apiAt(session: Session, server: Endpoint): ClusterApi {
  return clusterApi(session, server, (request) => askApi(session, server, request))
}

/** An API server that is asked by `ask`. */
export function clusterApi(session: Session, server: Endpoint, ask: Ask): ClusterApi {
  const core = new Resources(session, ask, '/api/v1')
  const apps = new Resources(session, ask, '/apis/apps/v1')
  const policy = new Resources(session, ask, '/apis/policy/v1')
  const storage = new Resources(session, ask, '/apis/storage.k8s.io/v1')
  return {
    session,
    server,
    core: {
      nodes: core.ofCluster('nodes'),
      pods: core.ofNamespaces('pods'),
      services: core.ofNamespaces('services'),
      configMaps: core.ofNamespaces('configmaps'),
      secrets: core.ofNamespaces('secrets'),
      persistentVolumes: core.ofCluster('persistentvolumes'),
      persistentVolumeClaims: core.ofNamespaces('persistentvolumeclaims'),
      evict: (pod, deletion) => evict(ask, pod, deletion),
      log: (pod, options) => podLog(ask, pod, options),
    },
    apps: {
      daemonSets: apps.ofNamespaces('daemonsets'),
      deployments: apps.ofNamespaces('deployments'),
      statefulSets: apps.ofNamespaces('statefulsets'),
    },
    policy: { podDisruptionBudgets: policy.ofNamespaces('poddisruptionbudgets') },
    storage: { volumeAttachments: storage.ofCluster('volumeattachments') },
    ask,
    get: (path) => ask({ method: 'GET', path }),
  }
}
