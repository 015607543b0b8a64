/**
 * A cluster that somebody builds by hand: the commands of the guide, typed on each host, without Quorate's own code.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Fleet } from '../../support/fleet.js'

interface FleetFile {
  readonly spec: {
    readonly kubernetes: {
      readonly controlPlaneEndpoint: string
      readonly version: string
      readonly imageRepository: string
      readonly kubeadm: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    }
    readonly network: {
      readonly backend: 'host-gw'
      readonly image: string
      readonly cniPluginImage: string
    }
    readonly packages: { readonly repository: string }
    readonly containerRuntime: { readonly config: Readonly<Record<string, unknown>> }
    readonly hosts: readonly { readonly name: string; readonly role: string; readonly address: string }[]
  }
}

/** What the lab's hosts need, from the file that the lab has written for them. */
export function labFacts(fleet: Fleet) {
  const { spec } = parse(readFileSync(fleet.clusterFile, 'utf8')) as FleetFile
  const key = readFileSync(join(fleet.folder, 'kubernetes-apt-key.asc'), 'utf8')
  return { ...spec, key }
}

type LabFacts = ReturnType<typeof labFacts>

/** The prerequisites of a node, as the guide and containerd's own page tell. */
export async function prepareByHand(fleet: Fleet, host: string, lab: LabFacts): Promise<void> {
  const { kubernetes, packages } = lab
  const release = kubernetes.version.replace(/^v/, '')
  const minor = `v${release.split('.').slice(0, 2).join('.')}`
  await fleet.on(
    host,
    `set -e
printf 'overlay\\nbr_netfilter\\n' >/etc/modules-load.d/k8s.conf
printf 'net.ipv4.ip_forward = 1\\nnet.bridge.bridge-nf-call-iptables = 1\\n' >/etc/sysctl.d/k8s.conf
sysctl --system >/dev/null 2>&1 || true
swapoff -a || true
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/apt/keyrings
cat >/etc/apt/keyrings/by-hand.asc <<'KEY'
${lab.key}
KEY
echo "deb [signed-by=/etc/apt/keyrings/by-hand.asc] ${packages.repository}/core:/stable:/${minor}/deb/ /" \\
  >/etc/apt/sources.list.d/by-hand.list
apt-get update -qq
apt-get install -qqy containerd conntrack cri-tools kubeadm='${release}-*' kubelet='${release}-*' kubectl='${release}-*' \\
  >/tmp/install.log 2>&1 || { tail -n 20 /tmp/install.log >&2; exit 1; }
apt-mark hold kubeadm kubelet kubectl >/dev/null
mkdir -p /etc/containerd
pause=$(kubeadm config images list --kubernetes-version ${kubernetes.version} --image-repository ${kubernetes.imageRepository} 2>/dev/null | grep /pause:)
cat >/etc/containerd/config.toml <<TOML
${containerdConfig(kubernetes.imageRepository)}
TOML
systemctl enable --quiet containerd kubelet
systemctl restart containerd
printf 'runtime-endpoint: unix:///run/containerd/containerd.sock\\n' >/etc/crictl.yaml`,
  )
}

/** By hand, and not as Quorate writes it. */
function containerdConfig(registry: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "$pause"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."${registry}"]
    endpoint = ["http://${registry}"]`
}

/** Writes a file on a host. */
async function put(fleet: Fleet, host: string, path: string, text: string): Promise<void> {
  const encoded = Buffer.from(text).toString('base64')
  await fleet.on(host, `echo ${encoded} | base64 -d >${path}`)
}

/** HAProxy as the guide configures it, in front of the control planes. */
export async function balanceByHand(
  fleet: Fleet,
  host: string,
  controlPlanes: readonly string[],
): Promise<void> {
  const servers = controlPlanes.map((address, index) => `  server s${index} ${address}:6443 check`)
  await fleet.on(
    host,
    'DEBIAN_FRONTEND=noninteractive; apt-get update -qq; apt-get install -qqy haproxy >/dev/null',
  )
  await put(
    fleet,
    host,
    '/etc/haproxy/haproxy.cfg',
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
frontend kubernetes
  bind *:6443
  default_backend control-planes
backend control-planes
  option tcp-check
${servers.join('\n')}
`,
  )
  await fleet.on(host, 'systemctl enable --quiet haproxy; systemctl restart haproxy')
}

/** `kubeadm init` as the guide says, with what people like to add. */
export async function initByHand(
  fleet: Fleet,
  host: string,
  lab: LabFacts,
  podSubnet: string,
  etcdEndpoint?: string,
): Promise<void> {
  const { kubernetes } = lab
  const address = lab.hosts.find(({ name }) => name === host)?.address ?? ''
  await put(
    fleet,
    host,
    '/root/kubeadm.yaml',
    `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: ${address} }
nodeRegistration: { ignorePreflightErrors: [ SystemVerification ] }
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: ${kubernetes.version}
controlPlaneEndpoint: ${kubernetes.controlPlaneEndpoint}
imageRepository: ${kubernetes.imageRepository}
networking: { podSubnet: ${podSubnet} }
${etcdEndpoint === undefined ? '' : externalEtcd(etcdEndpoint)}apiServer:
  certSANs: [ api.example.com ]
  extraArgs: [ { name: audit-log-maxage, value: "30" } ]
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
${kubernetes.kubeadm['kubeletConfiguration'] === undefined ? '' : 'failCgroupV1: false\n'}maxPods: 120
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: { maxPerCore: 0, min: 0 }
`,
  )
  await fleet.on(
    host,
    'kubeadm init --config /root/kubeadm.yaml --upload-certs >/root/init.log 2>&1 || { tail -n 30 /root/init.log >&2; exit 1; }',
  )
}

/** As kubeadm's page on external etcd has it. */
function externalEtcd(endpoint: string): string {
  const pki = '/etc/kubernetes/pki'
  const files = `caFile: ${pki}/etcd/ca.crt, certFile: ${pki}/apiserver-etcd-client.crt, keyFile: ${pki}/apiserver-etcd-client.key`
  return `etcd: { external: { endpoints: [ ${endpoint} ], ${files} } }\n`
}

/** The files that the owner of an etcd hands out, where kubeadm's page puts them; `files` is their folder on `holder`. */
export async function placeClientFiles(
  fleet: Fleet,
  host: string,
  holder: string,
  files: string,
): Promise<void> {
  const pki = '/etc/kubernetes/pki'
  await fleet.on(host, `mkdir -p ${pki}/etcd`)
  const places = {
    'ca.crt': 'etcd/ca.crt',
    'client.crt': 'apiserver-etcd-client.crt',
    'client.key': 'apiserver-etcd-client.key',
  }
  for (const [name, place] of Object.entries(places)) {
    await put(fleet, host, `${pki}/${place}`, await fleet.on(holder, `cat ${files}/${name}`))
  }
  await fleet.on(host, `chmod 600 ${pki}/apiserver-etcd-client.key`)
}

/** The join command that `kubeadm init` printed, typed on the other hosts one after the other. */
export async function joinByHand(fleet: Fleet, first: string, host: string): Promise<void> {
  const isControlPlane = host.startsWith('cp')
  const token = (await fleet.on(first, 'kubeadm token create --print-join-command')).trim()
  const key = isControlPlane
    ? (
        await fleet.on(
          first,
          'kubeadm init phase upload-certs --upload-certs --config /root/kubeadm.yaml 2>/dev/null | tail -n 1',
        )
      ).trim()
    : ''
  const flags = `--ignore-preflight-errors SystemVerification${isControlPlane ? ` --control-plane --certificate-key ${key}` : ''}`
  await fleet.on(host, `${token} ${flags} >/root/join.log 2>&1 || { tail -n 30 /root/join.log >&2; exit 1; }`)
}

/** A pod network by `kubectl apply`; of it, Quorate knows only what runs. */
export async function networkByHand(fleet: Fleet, host: string, manifest: string): Promise<void> {
  await put(fleet, host, '/root/network.yaml', manifest)
  await fleet.on(host, 'kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f /root/network.yaml')
}

/** A manifest edited on one control plane, as people do in a hurry; kubeadm does not know of it. */
export async function editSchedulerByHand(fleet: Fleet, host: string): Promise<void> {
  const manifest = '/etc/kubernetes/manifests/kube-scheduler.yaml'
  await fleet.on(
    host,
    `sed 's/- kube-scheduler$/&\\n    - --v=2/' ${manifest} >/root/edited.yaml; mv /root/edited.yaml ${manifest}`,
  )
  const running = `kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get pod kube-scheduler-${host} -o yaml`
  await fleet.on(host, `timeout 180 sh -c 'until ${running} | grep -q -e "--v=2"; do sleep 2; done'`)
}

/** Adds a host of the lab to an adopted cluster's file, with what a new host needs. */
export function addHost(fleet: Fleet, path: string, name: string): void {
  const lab = parse(readFileSync(fleet.clusterFile, 'utf8')) as { spec: Record<string, unknown> }
  const file = parse(readFileSync(path, 'utf8')) as { spec: Record<string, unknown> & { hosts: unknown[] } }
  const added = (lab.spec['hosts'] as { name: string }[]).find((host) => host.name === name)
  const { packages, containerRuntime } = lab.spec
  const { kubeadm } = lab.spec['kubernetes'] as { kubeadm: Record<string, unknown> }
  const kubernetes = file.spec['kubernetes'] as { kubeadm: Record<string, unknown> }
  kubernetes.kubeadm['joinConfiguration'] = kubeadm['joinConfiguration']
  Object.assign(file.spec, { packages, containerRuntime })
  file.spec.hosts.push(added)
  writeFileSync(path, stringify(file))
}

/** Waits until nothing starts by itself any more. */
export async function waitUntilSettled(fleet: Fleet): Promise<void> {
  await fleet.kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=300s')
  await fleet.kubectl('wait', '--for=condition=Ready', 'pods', '--all', '-A', '--timeout=300s')
}

/**
 * What a person who adopts a cluster wants to stay as it is: since when containers, the kubelet and containerd run, and
 * every file of kubeadm. The scheduler and the controller manager are left out, because they start anew by themselves
 * where the machine is too slow for their leases; their manifests are not.
 */
export async function stateOf(fleet: Fleet, host: string): Promise<string> {
  return fleet.on(
    host,
    `systemctl show --property ActiveEnterTimestamp --value kubelet containerd
crictl ps -q | xargs -r -n1 crictl inspect -o go-template --template '{{.status.metadata.name}} {{.status.startedAt}}' |
  grep -vE '^kube-(scheduler|controller-manager) ' | sort
find /etc/kubernetes /etc/containerd /etc/sysctl.d /var/lib/kubelet/config.yaml -type f -not -path '*/tmp/*' -exec sha256sum {} + | sort -k 2`,
  )
}
