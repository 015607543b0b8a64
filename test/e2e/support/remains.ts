import type { Fleet } from '../../support/fleet.js'

/** What a host that was reset still has of the cluster, in the words of the shell; empty for a bare one. */
export async function remainsOn(fleet: Fleet, host: string): Promise<string> {
  return fleet.on(
    host,
    `find /etc/kubernetes /var/lib/etcd /etc/cni/net.d -type f 2>/dev/null; ls /var/lib/kubelet 2>/dev/null
     ss -Hltn 'sport = :6443 or sport = :2379 or sport = :2380 or sport = :10250'
     iptables-save | grep -E '^:(KUBE|CNI|FLANNEL)'; ls -d /sys/class/net/flannel.1 /sys/class/net/cni0 2>/dev/null
     ip route show root 10.244.0.0/16
     ls /var/lib/quorate/cluster /var/lib/quorate/lock 2>/dev/null; apt-mark showhold | grep kube; true`,
  )
}
