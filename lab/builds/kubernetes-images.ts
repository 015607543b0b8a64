/** Makes the images that kubeadm and Flannel want, under exactly the names and tags that they ask for. */
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cachePath, inputsKey, writeWhole } from '../cache.js'
import { output } from '../process.js'
import type { Report } from '../report.js'
import {
  coredns,
  etcd,
  ETCD_BINARIES,
  flanneld,
  flannelCniPlugin,
  kubernetes,
  pause,
  type GoProgram,
} from './go-programs.js'
import { buildGoProgram } from './go.js'
import { FLANNEL_CNI_IMAGE, FLANNEL_IMAGE, STEPPING_TAGS } from './image-names.js'
import { networkTools } from './network-tools.js'
import { putImage, putLayer, type Blob } from './registry-storage.js'

/** Changes whenever the way images are made does. */
const RECIPE = 2

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const

/** What a version of Kubernetes consists of: folders of built programs, and the tags that kubeadm gives them. */
export interface KubernetesPrograms {
  readonly version: string
  readonly kubernetes: string
  readonly etcd: string
  readonly coredns: string
  readonly pause: string
  readonly tags: ReadonlyMap<string, string>
}

/** Builds a version of Kubernetes, and etcd, CoreDNS and pause in the versions that its kubeadm asks for. */
export async function buildKubernetes(version: string, report: Report): Promise<KubernetesPrograms> {
  const build = (program: GoProgram) =>
    report.step(`build ${program.name} ${program.version}`, () => buildGoProgram(program))
  const folder = await build(kubernetes(version))
  const tags = await wantedTags(join(folder, 'kubernetes'), version)
  return {
    version,
    kubernetes: folder,
    // The tag is the version and a revision of the image: 3.6.8-0.
    etcd: await build(etcd(`v${tagOf(tags, 'etcd').split('-')[0] ?? ''}`)),
    coredns: await build(coredns(tagOf(tags, 'coredns'))),
    pause: await build(pause(tagOf(tags, 'pause'))),
    tags,
  }
}

/** Makes the images of a version of Kubernetes, unless the registry has them. */
export async function makeKubernetesImages(programs: KubernetesPrograms, report: Report): Promise<void> {
  const { tags, ...inputs } = programs
  const tools = await networkTools(report)
  await once(`kubernetes-${programs.version}`, [RECIPE, inputs, tools], report, async () => {
    const commands = COMPONENTS.map((name) => [`usr/local/bin/${name}`, { symlink: 'kubernetes' }] as const)
    const shared = await layerOf({
      'usr/local/bin/kubernetes': { file: join(programs.kubernetes, 'kubernetes') },
      ...Object.fromEntries(commands),
    })
    const toolsLayer = await putLayer(join(tools, 'root'))
    for (const name of COMPONENTS) {
      // kube-proxy's tools lie above the program, so that the large layer is unpacked once for all four.
      const layers = name === 'kube-proxy' ? [shared, toolsLayer] : [shared]
      await putImage(name, tagOf(tags, name), layers, { entrypoint: [`/usr/local/bin/${name}`] })
    }
    const others = [
      { name: 'etcd', folder: 'usr/local/bin', binaries: ETCD_BINARIES },
      { name: 'coredns', folder: '', binaries: ['coredns'] },
      { name: 'pause', folder: '', binaries: ['pause'] },
    ] as const
    for (const { name, folder, binaries } of others) {
      const layer = await binariesLayer(programs[name], folder, binaries)
      await putImage(name, tagOf(tags, name), [layer], { entrypoint: [join('/', folder, name)] })
    }
  })
}

/** Restoring is not what members on their way need, and the checksum database does not know etcdutl v3.6.11. */
const STEPPING_BINARIES = ['etcd', 'etcdctl'] as const

/** Makes the images of etcd through which members go on their way to a later minor, unless the registry has them. */
export async function makeSteppingImages(report: Report): Promise<void> {
  for (const tag of STEPPING_TAGS) {
    const version = `v${tag.split('-')[0] ?? ''}`
    const folder = await report.step(`build etcd ${version}`, () =>
      buildGoProgram(etcd(version, STEPPING_BINARIES)),
    )
    await once(`etcd-${tag}`, [RECIPE, folder], report, async () => {
      const layer = await binariesLayer(folder, 'usr/local/bin', STEPPING_BINARIES)
      await putImage('etcd', tag, [layer], { entrypoint: ['/usr/local/bin/etcd'] })
    })
  }
}

/** Makes Flannel's two images, unless the registry has them. */
export async function makeFlannelImages(report: Report): Promise<void> {
  const daemon = await buildGoProgram(flanneld())
  const plugin = await buildGoProgram(flannelCniPlugin())
  const tools = await networkTools(report)
  await once('flannel', [RECIPE, daemon, plugin, tools], report, async () => {
    const toolsLayer = await putLayer(join(tools, 'root'))
    const images = [
      {
        name: FLANNEL_IMAGE,
        layer: await binariesLayer(daemon, 'opt/bin', ['flanneld']),
        entry: '/opt/bin/flanneld',
      },
      { name: FLANNEL_CNI_IMAGE, layer: await binariesLayer(plugin, '', ['flannel']), entry: '/flannel' },
    ]
    for (const { name, layer, entry } of images) {
      const [repository, tag] = name.split(':') as [string, string]
      await putImage(repository, tag, [toolsLayer, layer], { entrypoint: [entry] })
    }
  })
}

/** The tags that kubeadm asks for, by image name. */
async function wantedTags(program: string, version: string): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-lab-'))
  try {
    const kubeadm = join(folder, 'kubeadm')
    await symlink(program, kubeadm)
    const list = [
      'config',
      'images',
      'list',
      '--kubernetes-version',
      version,
      '--image-repository',
      'lab.test',
    ]
    const images = await output(kubeadm, list)
    return new Map(
      images.split('\n').map((image) => image.replace('lab.test/', '').split(':') as [string, string]),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

function tagOf(tags: ReadonlyMap<string, string>, image: string): string {
  const tag = tags.get(image)
  if (tag === undefined) throw new Error(`kubeadm does not name a tag for ${image}`)
  return tag
}

type Entry = { readonly file: string } | { readonly symlink: string }

/** A layer with these paths. */
async function layerOf(entries: Readonly<Record<string, Entry>>): Promise<Blob> {
  // Inside the cache, so that programs are linked instead of copied.
  const folder = cachePath('build', `layer-${process.pid}-${Date.now()}`)
  try {
    for (const [path, entry] of Object.entries(entries)) {
      const target = join(folder, path)
      await mkdir(dirname(target), { recursive: true })
      if ('symlink' in entry) await symlink(entry.symlink, target)
      else await link(entry.file, target).catch(() => copyFile(entry.file, target))
    }
    return await putLayer(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function binariesLayer(program: string, folder: string, names: readonly string[]): Promise<Blob> {
  return layerOf(Object.fromEntries(names.map((name) => [join(folder, name), { file: join(program, name) }])))
}

/** Runs `action` unless it ran before with the same inputs. */
async function once(
  name: string,
  inputs: readonly unknown[],
  report: Report,
  action: () => Promise<void>,
): Promise<void> {
  const marker = cachePath('registry', 'made', `${name}-${inputsKey(inputs)}`)
  if (existsSync(marker)) return
  await report.step(`make the images of ${name}`, action)
  await writeWhole(marker, '')
}
