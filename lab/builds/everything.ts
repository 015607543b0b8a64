/** Brings the cache to what a fleet needs: images of hosts and mirror, packages, Kubernetes and its images. */
import type { Report } from '../report.js'
import { labImage } from './images.js'
import { makeFlannelImages, makeKubernetesImages } from './kubernetes-images.js'
import { makeKubernetesRepositories } from './kubernetes-packages.js'
import { makeDebianRepository } from './repositories.js'

/** Names of the images that containers of a fleet are made from. */
export interface LabImages {
  readonly host: string
  readonly mirror: string
}

/** Makes what is missing for these versions of Kubernetes. */
export async function buildEverything(versions: readonly string[], report: Report): Promise<LabImages> {
  const [mirror, host] = [await labImage('mirror', report), await labImage('host', report)]
  await makeDebianRepository(report)
  await makeKubernetesRepositories(versions, report)
  for (const version of versions) await makeKubernetesImages(version, report)
  await makeFlannelImages(report)
  return { host, mirror }
}
