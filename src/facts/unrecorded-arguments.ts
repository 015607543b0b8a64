/** What a control plane's component runs with, and kubeadm's record does not say: its manifest was edited or patched. */
import { isPlainObject, type PlainObject } from '../values/merge.js'

/** A component in kubeadm's ClusterConfiguration, and the arguments that kubeadm itself gives it. */
interface Recorded {
  readonly path: readonly string[]
  readonly given: ReadonlySet<string>
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Sources: kubeadm's `phases/controlplane/manifests.go` and `phases/etcd/local.go`. */
const RECORDED: Readonly<Record<string, Recorded>> = {
  'kube-apiserver': {
    path: ['apiServer', 'extraArgs'],
    given: words(
      `advertise-address allow-privileged authorization-mode client-ca-file enable-admission-plugins
      enable-bootstrap-token-auth etcd-cafile etcd-certfile etcd-keyfile etcd-servers kubelet-client-certificate
      kubelet-client-key kubelet-preferred-address-types proxy-client-cert-file proxy-client-key-file
      requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix
      requestheader-group-headers requestheader-username-headers secure-port service-account-issuer
      service-account-key-file service-account-signing-key-file service-cluster-ip-range tls-cert-file
      tls-private-key-file`,
    ),
  },
  'kube-controller-manager': {
    path: ['controllerManager', 'extraArgs'],
    given: words(
      `allocate-node-cidrs authentication-kubeconfig authorization-kubeconfig bind-address client-ca-file cluster-cidr
      cluster-name cluster-signing-cert-file cluster-signing-key-file controllers kubeconfig leader-elect
      requestheader-client-ca-file root-ca-file service-account-private-key-file service-cluster-ip-range
      use-service-account-credentials`,
    ),
  },
  'kube-scheduler': {
    path: ['scheduler', 'extraArgs'],
    given: words('authentication-kubeconfig authorization-kubeconfig bind-address kubeconfig leader-elect'),
  },
  etcd: {
    path: ['etcd', 'local', 'extraArgs'],
    given: words(
      `advertise-client-urls cert-file client-cert-auth data-dir experimental-initial-corrupt-check
      experimental-watch-progress-notify-interval feature-gates initial-advertise-peer-urls initial-cluster
      initial-cluster-state key-file listen-client-urls listen-metrics-urls listen-peer-urls name peer-cert-file
      peer-client-cert-auth peer-key-file peer-trusted-ca-file snapshot-count trusted-ca-file
      watch-progress-notify-interval`,
    ),
  },
}

/** Names of a component's arguments, without values. Empty for a component that kubeadm does not know. */
export function unrecordedArguments(
  component: string,
  command: readonly string[],
  document: PlainObject,
): readonly string[] {
  const recorded = RECORDED[component]
  if (recorded === undefined) return []
  const chosen = argumentNames(recorded.path.reduce<unknown>(child, document))
  const running = command.flatMap((word) => /^--?([a-z0-9][\w.-]*)/i.exec(word)?.[1] ?? [])
  return [...new Set(running)].filter((name) => !recorded.given.has(name) && !chosen.has(name)).sort()
}

function child(value: unknown, key: string): unknown {
  return isPlainObject(value) ? value[key] : undefined
}

/** v1beta4 has a list of names and values, v1beta3 a map. */
function argumentNames(value: unknown): ReadonlySet<string> {
  if (Array.isArray(value)) return new Set(value.map((entry) => String(child(entry, 'name'))))
  return new Set(isPlainObject(value) ? Object.keys(value) : [])
}
