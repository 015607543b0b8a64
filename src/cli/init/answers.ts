/** The flags of `quorate init` as answers for a new cluster file. */
import type { AnsweredHost, ClusterFileAnswers } from '../../cluster-file/render.js'
import { SUPPORTED_MINORS } from '../../cluster/supported-minors.js'
import { QuorateError } from '../../errors/index.js'
import { defined } from '../../values/defined.js'

/** The flags, as commander gives them. */
export interface InitOptions {
  readonly name?: string
  readonly endpoint?: string
  readonly controlPlane?: readonly string[]
  readonly worker?: readonly string[]
  readonly loadBalancer?: readonly string[]
  readonly user?: string
  readonly identityFile?: string
  readonly hostKeyChecking?: 'strict' | 'accept-new'
  readonly kubernetesVersion?: string
  readonly output: string
  readonly force?: true
}

const DEFAULT_USER = 'root'
const DEFAULT_PORT = 6443

/** The newest minor that whole clusters are tested with. */
export function defaultVersion(): string {
  const tested = SUPPORTED_MINORS.filter((facts) => facts.tested).map(({ minor }) => minor)
  return `stable-1.${Math.max(...tested)}`
}

/** The flags that are still missing for a cluster file. */
export function missingOptions(options: InitOptions): readonly string[] {
  const hasEndpoint = options.endpoint !== undefined || options.loadBalancer?.length === 1
  return [
    ...(options.name === undefined ? ['--name'] : []),
    ...(hasEndpoint ? [] : ['--endpoint']),
    ...(options.controlPlane === undefined ? ['--control-plane'] : []),
  ]
}

/**
 * The answers.
 * @throws QuorateError `USAGE` for flags that are missing, or hosts that are not `name=address`.
 */
export function answersFromOptions(options: InitOptions): ClusterFileAnswers {
  const missing = missingOptions(options)
  if (missing.length > 0) {
    throw new QuorateError('USAGE', `a cluster file needs more: ${missing.join(', ')} missing`, {
      hint: 'give these flags, or run `quorate init` on a terminal to be asked; see `quorate init --help`',
    })
  }
  const hosts = [
    ...parseHosts('load-balancer', options.loadBalancer ?? []),
    ...parseHosts('control-plane', options.controlPlane ?? []),
    ...parseHosts('worker', options.worker ?? []),
  ]
  const { identityFile, hostKeyChecking } = options
  return {
    name: options.name ?? '',
    version: options.kubernetesVersion ?? defaultVersion(),
    controlPlaneEndpoint: options.endpoint ?? `${hosts[0]?.address ?? ''}:${DEFAULT_PORT}`,
    ssh: {
      user: options.user ?? DEFAULT_USER,
      ...defined({ identityFile, hostKeyChecking }),
    },
    hosts,
  }
}

/** Hosts as `name=address`, separated by spaces or commas. */
export function parseHosts(role: AnsweredHost['role'], texts: readonly string[]): AnsweredHost[] {
  return texts
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((text) => text !== '')
    .map((text) => {
      const [name, address, ...rest] = text.split('=')
      if (name === undefined || name === '' || address === undefined || address === '' || rest.length > 0) {
        throw new QuorateError('USAGE', `"${text}" is not in the form name=address, e.g. cp1=10.0.0.11`)
      }
      return { name, role, address }
    })
}
