/** Brings the cache to what a fleet needs: images of hosts and mirror, packages, Kubernetes and its images. */
import type { Report } from '../report.js'
import { crictl, flanneld, flannelCniPlugin } from './go-programs.js'
import { buildGoProgram } from './go.js'
import { labImage } from './images.js'
import {
  buildKubernetes,
  makeFlannelImages,
  makeKubernetesImages,
  type KubernetesPrograms,
} from './kubernetes-images.js'
import { cniPlugins, makeKubernetesRepositories } from './kubernetes-packages.js'
import { networkTools } from './network-tools.js'
import { makeDebianRepository } from './repositories.js'

/** Names of the images that containers of a fleet are made from. */
export interface LabImages {
  readonly host: string
  readonly mirror: string
}

/**
 * Makes what is missing for these versions of Kubernetes. Compiling keeps every core busy for minutes; what is
 * mostly downloading and unpacking goes on beside it.
 */
export async function buildEverything(versions: readonly string[], report: Report): Promise<LabImages> {
  const [programs, images] = await Promise.all([compile(versions, report), prepareDebian(report)])
  await makeKubernetesRepositories(versions, report)
  for (const one of programs) await makeKubernetesImages(one, report)
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

async function prepareDebian(report: Report): Promise<LabImages> {
  const images = { mirror: await labImage('mirror', report), host: await labImage('host', report) }
  await makeDebianRepository(report)
  await networkTools(report)
  await cniPlugins(report)
  return images
}
