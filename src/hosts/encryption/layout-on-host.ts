/** Which layout the API server of a host is told to read and write etcd with, whether it runs or not. */
import { parse } from 'yaml'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { layoutInArguments } from '../../configuration/encryption.js'
import { commandOf } from '../../configuration/kubeadm/static-pod.js'
import type { Session } from '../../ssh/index.js'
import { isPlainObject } from '../../values/merge.js'

/** The layout's name; undefined where there is no API server, or its configuration is none of ours. */
export async function layoutOnHost(session: Session): Promise<string | undefined> {
  const aside = `${HOST_PATHS.manifestsAside}/kube-apiserver.yaml`
  const text = (await session.readFile(HOST_PATHS.apiServerManifest)) ?? (await session.readFile(aside))
  const pod = text === undefined ? undefined : parsed(text.toString())
  return isPlainObject(pod) ? layoutInArguments(commandOf(pod)) : undefined
}

function parsed(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
