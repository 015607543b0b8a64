/** The nodes of the model and the pods on them, as an API server tells and changes them. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { NOT_FOUND, refusal, type ApiAnswer } from '../../support/api-server.js'

/** What requests have changed in a node. */
interface Changes {
  readonly version: number
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec?: object
}

/** A node as it is written. */
interface Written {
  readonly metadata: {
    readonly resourceVersion?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: object
}

const CONFLICT = refusal(409, 'Conflict')

export class ModelNodes {
  readonly #model: string
  /** Of the API server that is asked. */
  readonly #host: string

  constructor(model: string, host: string) {
    this.#model = model
    this.#host = host
  }

  /** The nodes' names. */
  get names(): readonly string[] {
    return readdirSync(join(this.#model, 'nodes'))
  }

  get(name: string): object | undefined {
    if (!this.#has('nodes', name)) return undefined
    const isMarked = this.#has('nodes', name, 'control-plane')
    const labels = {
      ...(isMarked ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
      'kubernetes.io/hostname': name,
    }
    const { version, metadata, spec = {} } = this.#changes(name)
    const annotations = metadata?.annotations ?? {}
    const status = this.#has('objects', 'pod-network') ? 'True' : 'False'
    return {
      metadata: { name, uid: `uid-of-${name}`, resourceVersion: String(version), labels, annotations },
      spec,
      status: {
        nodeInfo: {
          kubeletVersion: this.#text('nodes', name, 'kubelet').trim(),
          bootID: this.#text('nodes', name, 'boot').trim(),
        },
        conditions: [{ type: 'Ready', status }],
      },
    }
  }

  /** Writes a whole node, unless it has changed since it was read. */
  replace(name: string, body: string): ApiAnswer {
    if (!this.#has('nodes', name)) return NOT_FOUND
    const { metadata, spec } = JSON.parse(body) as Written
    const { version } = this.#changes(name)
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== String(version))
      return CONFLICT
    const annotations = withoutOperations(metadata.annotations ?? {})
    const changes: Changes = { version: version + 1, metadata: { annotations }, ...(spec ? { spec } : {}) }
    writeFileSync(this.#changesFile(name), JSON.stringify(changes))
    this.#journal(`API changes node ${name} ${JSON.stringify({ annotations, spec })}`)
    return { body: this.get(name) ?? {} }
  }

  delete(name: string): ApiAnswer {
    if (!this.#has('nodes', name)) return NOT_FOUND
    this.#journal(`API deletes node ${name}`)
    rmSync(join(this.#model, 'nodes', name), { recursive: true })
    return { body: {} }
  }

  /** The components of control planes that run, on one node or on all. */
  staticPods(fieldSelector: string): readonly object[] {
    const node = nodeIn(fieldSelector)
    return readdirSync(join(this.#model, 'static-pods'))
      .filter((name) => node === undefined || name === node)
      .flatMap((name) =>
        readdirSync(join(this.#model, 'static-pods', name)).map((component) => ({
          metadata: { name: `${component}-${name}`, namespace: 'kube-system', labels: { component } },
          spec: {
            nodeName: name,
            containers: [{ image: this.#text('static-pods', name, component).trim() }],
          },
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        })),
      )
  }

  /** What people run, and the network's own pods. */
  pods(fieldSelector: string): readonly object[] {
    const node = nodeIn(fieldSelector)
    return [...this.#ofPeople(node), ...this.#ofNetwork(node)]
  }

  /** The pod of the network on this node is made again at once. */
  deleteNetworkPod(node: string): ApiAnswer {
    writeFileSync(join(this.#model, 'network-pods', node), '')
    this.#journal(`API deletes pod flannel-${node}`)
    return { body: {} }
  }

  /** The kubelet has renewed its lease when it has told its boot. */
  lease(node: string): object | undefined {
    const file = join(this.#model, 'nodes', node, 'boot')
    if (!existsSync(file)) return undefined
    return { spec: { renewTime: statSync(file).mtime.toISOString() } }
  }

  #ofNetwork(node: string | undefined): readonly object[] {
    if (!this.#has('objects', 'pod-network')) return []
    const nodes = this.names.filter((name) => node === undefined || name === node)
    return nodes.map((name) => {
      const file = join(this.#model, 'network-pods', name)
      const made = existsSync(file) ? statSync(file).mtime : new Date(0)
      const owner = { kind: 'DaemonSet', name: 'kube-flannel-ds', controller: true }
      return {
        metadata: {
          name: `flannel-${name}`,
          namespace: 'kube-flannel',
          uid: `uid-of-flannel-${name}`,
          creationTimestamp: made.toISOString(),
          ownerReferences: [owner],
        },
        spec: { nodeName: name },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }
    })
  }

  /** Pods of a Deployment. Those that no node takes have none. */
  #ofPeople(node: string | undefined): readonly object[] {
    return readdirSync(join(this.#model, 'pods')).flatMap((name) => {
      const on = readFileSync(join(this.#model, 'pods', name), 'utf8').trim()
      if (node !== undefined && on !== node) return []
      const owner = { kind: 'ReplicaSet', name: 'web', controller: true }
      return [
        {
          metadata: { name, namespace: 'default', uid: `uid-of-${name}`, ownerReferences: [owner] },
          spec: on === '' ? {} : { nodeName: on },
          status: { phase: on === '' ? 'Pending' : 'Running' },
        },
      ]
    })
  }

  /** The pod ends at once, and its Deployment makes another, which no node takes. */
  evict(pod: string): ApiAnswer {
    if (!this.#has('pods', pod)) return NOT_FOUND
    this.#journal(`API evicts pod ${pod}`)
    rmSync(join(this.#model, 'pods', pod))
    writeFileSync(join(this.#model, 'pods', `${pod}-again`), '\n')
    return { body: {} }
  }

  #changes(name: string): Changes {
    const file = this.#changesFile(name)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Changes) : { version: 1 }
  }

  #changesFile(name: string): string {
    return join(this.#model, 'nodes', name, 'changes')
  }

  #journal(line: string): void {
    appendFileSync(join(this.#model, 'journal'), `${this.#host} ${line}\n`)
  }

  #text(...path: readonly string[]): string {
    const file = join(this.#model, ...path)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  #has(...path: readonly string[]): boolean {
    return existsSync(join(this.#model, ...path))
  }
}

/** The node that a field selector names. */
function nodeIn(fieldSelector: string): string | undefined {
  return /^spec\.nodeName=(.*)$/.exec(fieldSelector)?.[1]
}

/** Each run is another operation; runs are compared with each other. */
function withoutOperations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(annotations)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === 'quorate.dev/cordoned' ? 'an operation' : value]),
  )
}
