/** What kube-proxy and Flannel need in their images beside their own program: iptables, and a few shell commands. */
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, cachePath, inputsKey } from '../cache.js'
import type { Report } from '../report.js'
import { inMirrorImage } from './mirror-image.js'

const PACKAGES = [
  'busybox-static',
  'conntrack',
  'iptables',
  'libc6',
  'libip4tc2',
  'libip6tc2',
  'libmnl0',
  'libnetfilter-conntrack3',
  'libnfnetlink0',
  'libnftnl11',
  'libxtables12',
]
const IPTABLES = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`])
const BUSYBOX = ['cat', 'cp', 'env', 'ls', 'mkdir', 'mv', 'rm', 'sh', 'sleep']

/** Gives a folder whose `root` has the tools where a Debian has them. */
export async function networkTools(report: Report): Promise<string> {
  const folder = cachePath('build', `network-tools-${inputsKey(PACKAGES, IPTABLES, BUSYBOX)}`)
  return cachedFolder(folder, (partial) =>
    report.step('unpack iptables for the images of kube-proxy and Flannel', async () => {
      await inMirrorImage(['extract-packages', ...PACKAGES], { '/work': partial }, report)
      await mkdir(join(partial, 'root', 'bin'), { recursive: true })
      for (const name of IPTABLES) await symlink('xtables-nft-multi', join(partial, 'root', 'usr/sbin', name))
      for (const name of BUSYBOX) await symlink('busybox', join(partial, 'root', 'bin', name))
    }),
  )
}
