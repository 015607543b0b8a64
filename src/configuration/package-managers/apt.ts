/** apt, of Debian and the systems that are like it. */
import { HEADER } from '../host-prerequisites.js'
import { packagePin, repositoryUrl } from '../packages.js'
import type { PackageManagerFacts } from './package-manager.js'

const KEY_FILE = { path: '/etc/apt/keyrings/quorate-kubernetes.asc', mode: 0o644 } as const

export const apt: PackageManagerFacts = {
  name: 'apt',
  systems: ['debian', 'ubuntu'],
  packageNames: {},
  sourceFile: { path: '/etc/apt/sources.list.d/quorate-kubernetes.list', mode: 0o644 },
  keyFile: KEY_FILE,
  repository: (packages, kubernetesVersion) => {
    const { path, url } = repositoryUrl(packages, kubernetesVersion, 'deb')
    return {
      path,
      keyUrl: `${url}Release.key`,
      sourceFile: `${HEADER}\ndeb [signed-by=${KEY_FILE.path}] ${url} /\n`,
    }
  },
  byHand: {
    install: 'apt-get install -y --allow-change-held-packages',
    pinned: (name, kubernetesVersion) => `'${name}=${packagePin(kubernetesVersion)}'`,
    hold: 'apt-mark hold',
  },
}
