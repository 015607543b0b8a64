/** Brings the cache to what a fleet needs: images of hosts and mirror, packages, Kubernetes and its images. */
import type { Report } from '../report.js'
import type { OsName } from '../fleet/operating-systems.js'
import { crictl, flanneld, flannelCniPlugin } from './go-programs.js'
import { buildGoProgram } from './go.js'
import { hostImage, livedInImage, mirrorImage } from './images.js'
import {
  buildKubernetes,
  makeFlannelImages,
  makeKubernetesImages,
  makeSteppingImages,
  type KubernetesPrograms,
} from './kubernetes-images.js'
import { cniPlugins, makeKubernetesRepositories } from './kubernetes-packages.js'
import { networkTools } from './network-tools.js'
import type { PackagesShape } from './package-shapes.js'
import { makeDebianRepository } from './repositories.js'

/** Names of the images that containers of a fleet are made from. */
export interface LabImages {
  readonly hosts: Readonly<Partial<Record<OsName, string>>>
  readonly mirror: string
}

/** What a fleet needs to be built. */
export interface Needs {
  /** Versions of Kubernetes. */
  readonly versions: readonly string[]
  /** Operating systems of its hosts, each once. */
  readonly systems: readonly OsName[]
  /** What the packages of Kubernetes depend on. */
  readonly packages: PackagesShape
  /** Whether its hosts have what people bring with them. */
  readonly livedIn: boolean
}

/**
 * Makes what is missing of what a fleet needs. Compiling keeps every core busy for minutes; what is
 * mostly downloading and unpacking goes on beside it.
 */
export async function buildEverything(needs: Needs, report: Report): Promise<LabImages> {
  const { versions } = needs
  const [programs, images] = await Promise.all([compile(versions, report), prepareDebian(needs, report)])
  await makeKubernetesRepositories(versions, needs.packages, report)
  for (const one of programs) await makeKubernetesImages(one, report)
  // Only an upgrade to such a version needs them.
  if (programs.some(({ tags }) => tags.get('etcd')?.startsWith('3.7.'))) await makeSteppingImages(report)
  await makeFlannelImages(report)
  return images
}

/** Compiles one program after the other: each of them alone can use the whole machine. */
async function compile(versions: readonly string[], report: Report): Promise<KubernetesPrograms[]> {
  const programs: KubernetesPrograms[] = []
  for (const version of versions) programs.push(await buildKubernetes(version, report))
  for (const program of [flanneld(), flannelCniPlugin(), crictl()]) {
    await report.step(`build ${program.name} ${program.version}`, () => buildGoProgram(program))
  }
  return programs
}

async function prepareDebian({ systems, livedIn }: Needs, report: Report): Promise<LabImages> {
  const mirror = await mirrorImage(report)
  const hosts: Partial<Record<OsName, string>> = {}
  for (const os of systems) {
    hosts[os] = await (livedIn ? livedInImage(os, report) : hostImage(os, report))
    await makeDebianRepository(os, report)
  }
  await networkTools(report)
  await cniPlugins(report)
  return { mirror, hosts }
}
