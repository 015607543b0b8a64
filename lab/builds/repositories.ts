/** The lab's signed apt repositories: Debian's packages that a bare host needs, and those of Kubernetes. */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, cachePath, inputsKey, replaceFolder, writeWhole } from '../cache.js'
import { withLock } from '../lock.js'
import { OPERATING_SYSTEMS, type OsName } from '../fleet/operating-systems.js'
import { output } from '../process.js'
import type { Report } from '../report.js'
import { baseImage } from './base-image.js'
import { hostImage } from './images.js'
import { inImage, inMirrorImage } from './mirror-image.js'
import { repositoryBase, type PackagesShape } from './package-shapes.js'

/** The folder that every mirror serves. */
export function aptRoot(): string {
  return cachePath('apt')
}

/** Folder of the Kubernetes repository of a minor (`v1.36`) in a shape, laid out as the public one. */
export function kubernetesRepository(minor: string, shape: PackagesShape): string {
  return join(aptRoot(), repositoryBase(shape), 'core:', 'stable:', minor, 'deb')
}

/** Folder of the signing keys: `<name>.asc` and `<name>.secret.asc`. */
export async function signingKeys(report: Report): Promise<string> {
  return cachedFolder(cachePath('signing'), (partial) =>
    report.step('make the signing keys', async () => {
      for (const name of ['debian', 'kubernetes']) {
        await inMirrorImage(['make-signing-key', name], { '/work': partial }, report)
      }
    }),
  )
}

/** The ASCII-armored public key that a repository is signed with. */
export async function publicKey(name: 'debian' | 'kubernetes', report: Report): Promise<string> {
  return readFile(join(await signingKeys(report), `${name}.asc`), 'utf8')
}

/** What a host may install from Debian; what these need comes with them. */
const DEBIAN_PACKAGES = [
  'apt-transport-https',
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'curl',
  'ebtables',
  'ethtool',
  'gpg',
  'gnupg',
  'haproxy',
  'iptables',
  'ipset',
  'ipvsadm',
  'jq',
  'keepalived',
  'nftables',
  'openssl',
  'python3',
  'rsync',
  'runc',
  'socat',
  'tcpdump',
]

const TOOLS = join(import.meta.dirname, '..', 'images', 'mirror')

/** Makes the repository of a release of Debian unless the cache has it. */
export async function makeDebianRepository(os: OsName, report: Report): Promise<void> {
  const { codename } = OPERATING_SYSTEMS[os]
  const bare = await hostImage(os, report)
  const wanted = inputsKey(DEBIAN_PACKAGES, bare, await publicKey('debian', report))
  await remade(join(aptRoot(), `debian-${codename}`), wanted, async (folder) => {
    await report.step(`fetch the packages of bare hosts of ${os}`, async () => {
      const status = await output('docker', [
        'run',
        '--rm',
        '--entrypoint',
        'cat',
        bare,
        '/var/lib/dpkg/status',
      ])
      await writeWhole(join(folder, 'status'), `${status}\n`)
      const fetch = ['/lab/fetch-debian-packages', codename, ...DEBIAN_PACKAGES]
      await inImage(await baseImage(os, report), fetch, { '/work': folder, '/lab': TOOLS })
      await rm(join(folder, 'status'))
    })
    await sign(folder, 'debian', ['pool', codename], report)
  })
}

/** Signs a folder of packages as a repository. */
export async function sign(
  folder: string,
  key: 'debian' | 'kubernetes',
  layout: readonly ['flat'] | readonly ['pool', codename: string],
  report: Report,
): Promise<void> {
  const keys = await signingKeys(report)
  const work = `${folder}.work`
  await mkdir(work, { recursive: true })
  try {
    await copyFile(join(keys, `${key}.secret.asc`), join(work, 'signing.secret.asc'))
    await inMirrorImage(['make-repository', ...layout], { '/work': work, '/work/repository': folder }, report)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Makes a served folder anew when it was made from other inputs. */
export async function remade(
  folder: string,
  inputs: string,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const made = async () =>
    existsSync(folder) && (await readFile(join(folder, '.inputs'), 'utf8').catch(() => '')) === inputs
  if (await made()) return
  await withLock(`${cachePath('build', inputsKey(folder))}.lock`, async () => {
    if (await made()) return
    const fresh = cachePath('build', `repository-${inputsKey(folder)}`)
    await rm(fresh, { recursive: true, force: true })
    await mkdir(fresh, { recursive: true })
    await make(fresh)
    await writeWhole(join(fresh, '.inputs'), inputs)
    await replaceFolder(fresh, folder)
  })
}
