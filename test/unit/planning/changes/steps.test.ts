/** What a plan names is what the steps change: the steps' own code runs against hosts that are data. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configureLoadBalancer } from '../../../../src/activities/configure-load-balancer.js'
import { prepareHost } from '../../../../src/activities/prepare-host.js'
import { plannedChanges } from '../../../../src/planning/changes/planned-changes.js'
import { OPTIONAL_SYSCTLS } from '../../../../src/configuration/host-prerequisites.js'
import { nodePackages } from '../../../../src/configuration/packages.js'
import { hostsWithRole, type Cluster, type Host } from '../../../../src/cluster/model.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { MemoryHost } from './memory-host.js'

/** All that a node or a balancer needs; what is of no certain version is of any. */
const PACKAGES = Object.fromEntries([
  ...nodePackages('v1.36.3').map(({ name, version }) => [name, version?.replace('*', '1.1') ?? '1.0']),
  ...['haproxy', 'keepalived', 'curl'].map((name) => [name, '2.6.12-1']),
]) as Readonly<Record<string, string>>
const JOINED = ['/etc/kubernetes/kubelet.conf', '/var/lib/quorate/initialised']

/** A host on which everything is installed and nothing set. */
function installed(host: Host, major: 1 | 2): MemoryHost {
  const memory = new MemoryHost(host)
  memory.packages = PACKAGES
  memory.paths = JOINED
  memory.containerdMajor = major
  memory.service('kubelet').active = true
  return memory
}

/** What may stand otherwise in the file of the next apply. */
const edits = fc.record({
  registries: fc.subarray(['docker.io', 'registry.k8s.io', 'mirror.lab:5000']),
  endpoint: fc.constantFrom('http://mirror.lab:5000', 'http://other.lab'),
  downloads: fc.option(fc.integer({ min: 1, max: 3 })),
  signingKey: fc.constantFrom('one key', 'another key'),
  version: fc.constantFrom('v1.36.3'),
  port: fc.constantFrom(6443, 8443),
  serving: fc.subarray(['cp1', 'cp2', 'cp3'], { minLength: 1 }),
  virtualAddress: fc.boolean(),
  install: fc.boolean(),
})
type Edits = typeof edits extends fc.Arbitrary<infer Value> ? Value : never

function clusterWith(edit: Edits): Cluster {
  const base = aCluster({ hosts: [...aCluster().hosts, aHost('lb2')] })
  const virtualAddress = { address: '192.0.2.99', prefixLength: 32, routerId: 7 }
  return {
    ...base,
    kubernetes: { ...base.kubernetes, controlPlaneEndpoint: { host: 'api.prod.lab', port: edit.port } },
    loadBalancer: {
      type: 'haproxy',
      hosts: ['lb1', 'lb2'],
      ...(edit.virtualAddress ? { virtualAddress } : {}),
    },
    packages: { install: edit.install, repository: 'https://pkgs.k8s.io', signingKey: edit.signingKey },
    containerRuntime: {
      registries: edit.registries.map((registry) => ({ registry, endpoint: edit.endpoint })),
      config: edit.downloads === null ? {} : { max_concurrent_downloads: edit.downloads },
    },
  }
}

/** What may happen to a host between two applies. `which`: of its files or services, counted around. */
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'delete',
      'append',
      'mode',
      'stop',
      'disable',
      'kubelet',
      'forget',
      'parameter',
      'no IPv6',
      'module',
      'swap',
      'swap at boot',
      'unlink',
    ),
    which: fc.nat(20),
  }),
  { maxLength: 3 },
)

/** containerd's major, and what a kernel without IPv6 lacks. */
const kernels = fc.record({
  major: fc.constantFrom<1 | 2>(1, 2),
  lacks: fc.subarray([...OPTIONAL_SYSCTLS]),
})

function damage(host: MemoryHost, kind: string, which: number): void {
  const pick = <Item>(items: Iterable<Item>): Item | undefined => [...items][which % [...items].length]
  const [path = '', file] = pick(host.files) ?? []
  // What the kubelet does is its node's step's concern, but for its start at boot.
  const service = pick([...host.services.values()].filter((one) => one.loaded !== undefined))
  const acts: Readonly<Record<string, () => unknown>> = {
    delete: () => host.files.delete(path),
    append: () => file && (file.content += '# by hand\n'),
    mode: () => file && (file.mode = 0o600),
    stop: () => service && (service.active = false),
    disable: () => service && (service.enabled = false),
    kubelet: () => (host.service('kubelet').enabled = false),
    forget: () => service && delete service.loaded,
    parameter: () => host.parameters.set(pick(host.parameters.keys()) ?? '', '0'),
    'no IPv6': () => host.lackParameter('net.bridge.bridge-nf-call-ip6tables'),
    module: () => host.modules.delete(pick(host.modules) ?? ''),
    swap: () => (host.swapOn = true),
    'swap at boot': () => (host.swapAtBoot = ['dev-zram0.swap']),
    unlink: () => (host.unlinkedCniPlugins = ['portmap']),
  }
  acts[kind]?.()
}

/** Applies again and again, with edits and damages between, and compares each time what is planned with what is done. */
async function compare(
  host: MemoryHost,
  phase: string,
  clusters: readonly (readonly [Cluster, readonly Host[]])[],
  act: (cluster: Cluster, serving: readonly Host[]) => Promise<{ readonly changed: boolean }>,
  between: () => void,
): Promise<void> {
  for (const [cluster, serving] of clusters) {
    const context = { first: aHost('cp1'), serving }
    const planned = () =>
      plannedChanges(cluster, [host.observed()], context).filter((change) => change.phase === phase)
    const named = planned()
    const { changed } = await act(cluster, serving)
    expect({ changed, named }).toEqual({ changed: named.length > 0, named })
    expect(planned()).toEqual([])
    expect((await act(cluster, serving)).changed).toBe(false)
    between()
  }
}

describe('a plan names exactly the changes that the steps make', { timeout: 60_000 }, () => {
  it('when preparing a host for Kubernetes', async () => {
    await fc.assert(
      fc.asyncProperty(edits, edits, damages, kernels, async (one, other, harm, { major, lacks }) => {
        const host = installed(aHost('w1'), major)
        for (const name of lacks) host.lackParameter(name)
        await compare(
          host,
          'Prepare hosts',
          [one, one, other].map(clusterWith).map((cluster) => [cluster, []] as const),
          (cluster) => prepareHost(host.step(cluster)),
          () => harm.forEach(({ kind, which }) => damage(host, kind, which)),
        )
      }),
      { numRuns: 80 },
    )
  })

  it('when configuring a load balancer', async () => {
    await fc.assert(
      fc.asyncProperty(edits, edits, damages, async (one, other, harm) => {
        const host = installed(aHost('lb1'), 1)
        const served = (edit: Edits) => {
          const cluster = clusterWith(edit)
          const serving = hostsWithRole(cluster, 'control-plane').filter(({ name }) =>
            edit.serving.includes(name),
          )
          return [cluster, serving] as const
        }
        await compare(
          host,
          'Load balancer',
          [one, one, other].map(served),
          (cluster, serving) => configureLoadBalancer(host.step(cluster), serving),
          () => harm.forEach(({ kind, which }) => damage(host, kind, which)),
        )
      }),
      { numRuns: 80 },
    )
  })
})
