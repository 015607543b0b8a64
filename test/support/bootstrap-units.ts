/** The units that run once on each host to bootstrap 3 control planes, 2 workers and a load balancer. */
const PREPARE = ['install-kubernetes', 'pull-images']

export const BOOTSTRAP_UNITS: Readonly<Record<string, readonly string[]>> = {
  cp1: [...PREPARE, 'kubeadm-init'],
  cp2: [...PREPARE, 'kubeadm-join'],
  cp3: [...PREPARE, 'kubeadm-join'],
  w1: [...PREPARE, 'kubeadm-join'],
  w2: [...PREPARE, 'kubeadm-join'],
  lb1: ['install-haproxy'],
}
