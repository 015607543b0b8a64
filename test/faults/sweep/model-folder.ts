/** The folder with the model of a lane's cluster: as it is before anything has happened, and copies of it. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENDPOINT } from './addresses.js'
import type { ScriptedHost } from './scripted-host.js'

/** How many seconds each place of a unit takes. */
const PACE = '0.03'

/** What the machinery of one run needs. */
const OF_ONE_RUN = ['hold', 'held', 'listening']
const FOLDERS = [
  'nodes',
  'etcd',
  'apiservers',
  'tokens',
  'objects',
  'inits',
  'balancers',
  'addresses',
  'pods',
  'static-pods',
  'encryption',
  'network-pods',
  'values/secrets/default',
]

/** Makes the model of hosts that belong to no cluster. */
export function emptyModel(model: string, hosts: readonly ScriptedHost[], dnsAddress: string): void {
  rmSync(model, { recursive: true, force: true })
  for (const name of [...FOLDERS, ...OF_ONE_RUN]) mkdirSync(join(model, name), { recursive: true })
  const write = (name: string, content: string) => writeFileSync(join(model, name), `${content}\n`)
  for (const { name, address } of hosts) write(`addresses/${address}`, name)
  write('pace', PACE)
  const balancer = hosts.find(({ name }) => name === ENDPOINT.name)
  write('endpoint', `${balancer?.address ?? ''} ${ENDPOINT.port}`)
  write('dns-address', dnsAddress)
}

/** What people run in the cluster: a pod for each node that may be drained, by the node that it is on. */
const PODS: Readonly<Record<string, string>> = { 'web-1': 'w1', 'web-2': 'cp2' }

/** Copies a model without what belongs to the run that made it. */
export function copyModel(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  const isOfRun = /\/(journal|places|unexpected|commands\.[^/]*|(hold|held|listening)\/[^/]+)$/
  cpSync(from, to, { recursive: true, filter: (source) => !isOfRun.test(source) })
}

/** Starts pods on the nodes of a model. */
export function addPods(model: string): void {
  for (const [name, node] of Object.entries(PODS)) writeFileSync(join(model, 'pods', name), `${node}\n`)
}
