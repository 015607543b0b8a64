/**
 * What earlier use leaves on disk: another pod network's configuration, a Docker engine, hardening, a vendor's container
 * runtime settings. `up --leftovers` gives all of it to every host.
 */
import { heredoc, type HostFeature } from './feature.js'

const CALICO = `{
  "name": "k8s-pod-network",
  "cniVersion": "0.3.1",
  "plugins": [
    { "type": "calico", "datastore_type": "kubernetes", "mtu": 0, "ipam": { "type": "calico-ipam" },
      "kubernetes": { "kubeconfig": "/etc/cni/net.d/calico-kubeconfig" } },
    { "type": "portmap", "snat": true, "capabilities": { "portMappings": true } }
  ]
}`

/** What Docker's own package of containerd brings, and a line that runtimes of other vendors need. */
const CONTAINERD = `disabled_plugins = ["cri"]
imports = ["/etc/containerd/conf.d/*.toml"]`

/** As a vendor's toolkit for accelerators writes it: a stream processor is enough to tell that it is read. */
const DROP_IN = `version = 2

[stream_processors]
  [stream_processors."lab.vendor"]
    accepts = ["application/vnd.lab.layer"]
    returns = "application/vnd.oci.image.layer.v1.tar"
    path = "/usr/local/bin/lab-decoder"`

/** By name. */
export const LEFTOVERS = {
  calico: {
    tells: "Calico's `/etc/cni/net.d/10-calico.conflist`, which sorts before Flannel's",
    install: `mkdir -p /etc/cni/net.d
${heredoc('/etc/cni/net.d/10-calico.conflist', CALICO)}`,
  },
  docker: {
    tells: 'what a Docker engine does to the packet filter: FORWARD drops, `docker0` is there',
    atBoot: `iptables -w -P FORWARD DROP
iptables -w -N DOCKER-USER
iptables -w -A FORWARD -j DOCKER-USER
ip link show docker0 > /dev/null 2>&1 || ip link add docker0 type bridge
ip address replace 172.17.0.1/16 dev docker0
ip link set docker0 up`,
  },
  containerd: {
    tells: "a containerd without its CRI plugin, and with a vendor's drop-in in `/etc/containerd/conf.d`",
    install: `mkdir -p /etc/containerd/conf.d
${heredoc('/etc/containerd/config.toml', CONTAINERD)}
${heredoc('/etc/containerd/conf.d/99-vendor.toml', DROP_IN)}`,
  },
  hardening: {
    tells: '`/etc/sysctl.d/99-hardening.conf` that turns forwarding off at each boot',
    install: heredoc(
      '/etc/sysctl.d/99-hardening.conf',
      'net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.default.rp_filter = 1',
    ),
  },
  ownName: {
    tells: "the host's own name at 127.0.1.1 in `/etc/hosts`, as Debian's installer has it",
    install: `sed -i "s/^$LAB_ADDRESS /127.0.1.1 /" /etc/hosts`,
  },
  swapUnit: {
    tells: 'a unit that turns swap in compressed memory on at boot; in a container systemd passes it over',
    install: `${heredoc('/etc/systemd/system/dev-zram0.swap', '[Swap]\nWhat=/dev/zram0\nPriority=100')}
mkdir -p /etc/systemd/system/swap.target.wants
ln -s /etc/systemd/system/dev-zram0.swap /etc/systemd/system/swap.target.wants/`,
  },
} as const satisfies Record<string, HostFeature>
