/**
 * The Debian packages of Kubernetes, named, versioned and laid out as the public ones, in one repository per minor.
 * The one program behind kubeadm, kubelet and kubectl has a package of its own, by its version, so that a host gets
 * it once, and so that two versions can stand side by side during an upgrade.
 */
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath, cachedFolder, inputsKey } from '../cache.js'
import type { Report } from '../report.js'
import { crictl, kubernetes, PINNED } from './go-programs.js'
import { buildGoProgram } from './go.js'
import { inMirrorImage } from './mirror-image.js'
import { dependenciesOf, type PackagesShape } from './package-shapes.js'
import { kubernetesRepository, publicKey, remade, sign } from './repositories.js'

const SOURCES = join(import.meta.dirname, 'packages')
/** Package revision, as the public packages have it. */
const REVISION = '1.1'
/** Changes whenever the way packages are made does. */
const RECIPE = 1

/** Those plugins of the public package that chained and bridged pod networks use. */
const CNI_PLUGINS = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'tuning']

interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly depends?: readonly string[]
  readonly description: string
  /** Path in the package, and what is there. */
  readonly content: Readonly<Record<string, { readonly file: string } | { readonly symlink: string }>>
  readonly configurationFiles?: readonly string[]
}

/** `v1.36` of `v1.36.3`. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/** Makes the repositories that hold these versions, unless the cache has them. Versions already there stay. */
export async function makeKubernetesRepositories(
  versions: readonly string[],
  shape: PackagesShape,
  report: Report,
): Promise<void> {
  for (const minor of new Set(versions.map(minorOf))) {
    const folders = await packageFolders(minor, versions, shape, report)
    await remade(
      kubernetesRepository(minor, shape),
      inputsKey(folders, await publicKey('kubernetes', report)),
      (fresh) =>
        report.step(`make the apt repository of Kubernetes ${minor}`, async () => {
          for (const folder of folders) {
            for (const file of await readdir(folder)) await copyFile(join(folder, file), join(fresh, file))
          }
          await sign(fresh, 'kubernetes', ['flat'], report)
        }),
    )
  }
}

/** Folders of packages that belong to a minor: the wanted versions, and those made for it before. */
async function packageFolders(
  minor: string,
  versions: readonly string[],
  shape: PackagesShape,
  report: Report,
): Promise<string[]> {
  const wanted = versions.filter((version) => minorOf(version) === minor)
  const folders = shape === 'without-tools' ? [] : [await toolPackages(report)]
  for (const version of wanted) folders.push(await versionPackages(version, report))
  const earlier = (await readdir(cachePath('packages')))
    .filter((name) => name.startsWith(`${minor}.`) && !/\.(partial|lock)$/.test(name))
    .filter((name) => !wanted.some((version) => name.startsWith(`${version}-`)))
  const published = [...new Set([...folders, ...earlier.map((name) => cachePath('packages', name))])].sort()
  if (shape === 'published') return published
  // Their files have the names of the published ones and are copied over them.
  const shaped = await Promise.all(wanted.map((version) => shapedPackages(version, shape, report)))
  return [...published, ...shaped]
}

/** Gives the folder of kubeadm, kubelet and kubectl of a version. */
async function versionPackages(version: string, report: Report): Promise<string> {
  const program = await buildGoProgram(kubernetes(version))
  return packagesFolder(version, describePackages(version, 'published', program), report)
}

/** Gives a folder of those packages of a version whose control files are others in a shape. */
async function shapedPackages(version: string, shape: PackagesShape, report: Report): Promise<string> {
  const program = await buildGoProgram(kubernetes(version))
  const packages = describePackages(version, shape, program)
  const changed = packages.filter(({ name }) => name === 'kubeadm' || name === 'kubelet')
  return packagesFolder(`${shape}-${version}`, changed, report)
}

function describePackages(version: string, shape: PackagesShape, program: string): DebianPackage[] {
  const dependencies = dependenciesOf(minorOf(version), shape)
  const debianVersion = `${version.slice(1)}-${REVISION}`
  const shared = `lab-kubernetes-${version.slice(1)}`
  const folder = `usr/libexec/kubernetes/${version}`
  const command = { symlink: `../libexec/kubernetes/${version}/kubernetes` }
  return [
    {
      name: shared,
      version: debianVersion,
      description: 'Every Kubernetes command in one program',
      content: { [`${folder}/kubernetes`]: { file: join(program, 'kubernetes') } },
    },
    {
      name: 'kubeadm',
      version: debianVersion,
      depends: [...dependencies.kubeadm, `${shared} (= ${debianVersion})`],
      description: 'Command-line utility for administering a Kubernetes cluster',
      content: {
        'usr/bin/kubeadm': command,
        'usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf': {
          file: join(SOURCES, '10-kubeadm.conf'),
        },
      },
    },
    {
      name: 'kubelet',
      version: debianVersion,
      depends: [...dependencies.kubelet, `${shared} (= ${debianVersion})`],
      description: 'Node agent for Kubernetes clusters',
      content: {
        'usr/bin/kubelet': command,
        'usr/lib/systemd/system/kubelet.service': { file: join(SOURCES, 'kubelet.service') },
        'etc/default/kubelet': { file: join(SOURCES, 'default-kubelet') },
      },
      configurationFiles: ['/etc/default/kubelet'],
    },
    {
      name: 'kubectl',
      version: debianVersion,
      depends: [`${shared} (= ${debianVersion})`],
      description: 'Command-line utility for interacting with a Kubernetes cluster',
      content: { 'usr/bin/kubectl': command },
    },
  ]
}

/** Gives the folder of cri-tools and kubernetes-cni, which every minor's repository has. */
async function toolPackages(report: Report): Promise<string> {
  const program = await buildGoProgram(crictl())
  const plugins = await cniPlugins(report)
  const version = (await readFile(join(plugins, 'versions', 'containernetworking-plugins'), 'utf8')).split(
    '+',
  )[0]
  const folder = join(plugins, 'root/usr/lib/cni')
  return packagesFolder(
    'tools',
    [
      {
        name: 'cri-tools',
        version: `${PINNED.criTools.slice(1)}-${REVISION}`,
        description: 'Command-line utility for interacting with a container runtime',
        content: { 'usr/bin/crictl': { file: join(program, 'crictl') } },
      },
      {
        name: 'kubernetes-cni',
        version: `${version ?? ''}-${REVISION}`,
        description: 'Binaries required to provision kubernetes container networking',
        content: Object.fromEntries(
          CNI_PLUGINS.map((name) => [`opt/cni/bin/${name}`, { file: join(folder, name) }]),
        ),
      },
    ],
    report,
  )
}

/** Gives a folder with the CNI plugins out of Debian's package. */
export async function cniPlugins(report: Report): Promise<string> {
  return cachedFolder(cachePath('build', 'cni-plugins'), (partial) =>
    inMirrorImage(['extract-packages', 'containernetworking-plugins'], { '/work': partial }, report),
  )
}

async function packagesFolder(
  name: string,
  packages: readonly DebianPackage[],
  report: Report,
): Promise<string> {
  const folder = cachePath('packages', `${name}-${inputsKey(RECIPE, packages)}`)
  return cachedFolder(folder, (partial) =>
    report.step(
      `make the packages of ${name === 'tools' ? 'crictl and CNI' : `Kubernetes ${name}`}`,
      async () => {
        for (const one of packages) await stage(one, join(partial, 'staging', one.name))
        await inMirrorImage(['build-packages'], { '/work': partial }, report)
        await rm(join(partial, 'staging'), { recursive: true })
        const made = join(partial, 'packages')
        for (const file of await readdir(made)) await rename(join(made, file), join(partial, file))
        await rm(made, { recursive: true })
      },
    ),
  )
}

async function stage(one: DebianPackage, folder: string): Promise<void> {
  for (const [path, entry] of Object.entries(one.content)) {
    const target = join(folder, path)
    await mkdir(join(target, '..'), { recursive: true })
    if ('symlink' in entry) await symlink(entry.symlink, target)
    else await cp(entry.file, target)
  }
  await mkdir(join(folder, 'DEBIAN'), { recursive: true })
  await writeFile(join(folder, 'DEBIAN', 'control'), controlFile(one))
  if (one.configurationFiles !== undefined) {
    await writeFile(join(folder, 'DEBIAN', 'conffiles'), `${one.configurationFiles.join('\n')}\n`)
  }
}

function controlFile(one: DebianPackage): string {
  const fields = [
    `Package: ${one.name}`,
    `Version: ${one.version}`,
    'Architecture: @architecture@',
    'Maintainer: Quorate lab <lab@lab.test>',
    'Section: admin',
    'Priority: optional',
    ...(one.depends === undefined ? [] : [`Depends: ${one.depends.join(', ')}`]),
    `Description: ${one.description}`,
  ]
  return `${fields.join('\n')}\n`
}
