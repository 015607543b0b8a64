/**
 * dnf, of Fedora, RHEL and the systems that are like them. Sources: Kubernetes' page on installing kubeadm, and the
 * manuals of dnf 4 and dnf 5. It was tried with stand-ins of dnf and rpm, never on such a machine.
 */
import { HEADER } from '../host-prerequisites.js'
import { KUBERNETES_PACKAGES, repositoryUrl } from '../packages.js'
import type { PackageManagerFacts } from './package-manager.js'

/** How the repository is called in its file, and in dnf's options. */
export const DNF_REPOSITORY = 'quorate-kubernetes'

const KEY_FILE = { path: '/etc/pki/rpm-gpg/quorate-kubernetes.asc', mode: 0o644 } as const

/** Held packages are excluded in the repository's file, so that only who names the repository upgrades them. */
const HELD = [...KUBERNETES_PACKAGES, 'cri-tools', 'kubernetes-cni'].join(' ')

export const dnf: PackageManagerFacts = {
  name: 'dnf',
  systems: ['fedora', 'rhel', 'centos'],
  untried: 'dnf has only been tried with stand-ins, and neither SELinux nor firewalld is configured',
  packageNames: {
    conntrack: 'conntrack-tools',
    iproute2: 'iproute',
    mount: 'util-linux',
    procps: 'procps-ng',
  },
  sourceFile: { path: '/etc/yum.repos.d/quorate-kubernetes.repo', mode: 0o644 },
  keyFile: KEY_FILE,
  repository: (packages, kubernetesVersion) => {
    const { path, url } = repositoryUrl(packages, kubernetesVersion, 'rpm')
    return {
      path,
      keyUrl: `${url}repodata/repomd.xml.key`,
      sourceFile: `${HEADER}
[${DNF_REPOSITORY}]
name=Kubernetes
baseurl=${url}
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file://${KEY_FILE.path}
exclude=${HELD}
`,
    }
  },
  byHand: {
    install: 'dnf install -y --disableexcludes=all',
    pinned: (name, kubernetesVersion) => `${name}-${kubernetesVersion.replace(/^v/, '')}`,
  },
}
