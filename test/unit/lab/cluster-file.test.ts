/** The cluster file that the lab writes for a fleet. */
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { FILES, renderClusterFile } from '../../../lab/fleet/cluster-file.js'
import { hostsOf, type FleetShape } from '../../../lab/fleet/shape.js'
import { parseClusterFile } from '../../../src/cluster-file/parse.js'

const modern = { cgroupV1: false, swap: false }

function text(change: Partial<FleetShape> = {}, machine = modern) {
  const shape = { name: 'try', controlPlanes: 3, workers: 1, etcd: 0, loadBalancers: 1, ...change }
  const hosts = hostsOf(shape, { subnet: '172.30.0' })
  return renderClusterFile({ name: shape.name, kubernetesVersion: 'v1.36.3', hosts, machine })
}

function rendered(change: Partial<FleetShape> = {}, machine = modern) {
  return parse(text(change, machine)) as { spec: Record<string, Record<string, unknown>> }
}

describe('the cluster file of a fleet', () => {
  it("uses the fleet's own endpoint, registry and packages", () => {
    const { spec } = rendered()
    expect(spec.kubernetes).toMatchObject({
      version: 'v1.36.3',
      controlPlaneEndpoint: 'api.try.test:6443',
      imageRepository: 'mirror.try.test:5000',
    })
    expect(spec.packages).toEqual({
      repository: 'http://mirror.try.test',
      signingKeyFile: './kubernetes-apt-key.asc',
    })
    expect(spec.containerRuntime?.registries).toEqual([
      { registry: 'mirror.try.test:5000', endpoint: 'http://mirror.try.test:5000' },
    ])
  })

  it('uses the repository of another package shape if the fleet has one', () => {
    const shape = { name: 'try', controlPlanes: 1, workers: 0, etcd: 0, loadBalancers: 0 }
    const hosts = hostsOf(shape, { subnet: '172.30.0' })
    const facts = { name: 'try', kubernetesVersion: 'v1.36.3', hosts, machine: modern }
    const file = parse(renderClusterFile({ ...facts, packages: 'without-tools' })) as {
      spec: { packages: { repository: string } }
    }
    expect(file.spec.packages.repository).toBe('http://mirror.try.test/without-tools')
  })

  it('lists the hosts with role and address', () => {
    expect(rendered({ controlPlanes: 1 }).spec.hosts).toEqual([
      { name: 'cp1', role: 'control-plane', address: '172.30.0.11' },
      { name: 'w1', role: 'worker', address: '172.30.0.41' },
      { name: 'lb1', role: 'load-balancer', address: '172.30.0.5' },
    ])
  })

  it('has an external etcd if there are etcd hosts', () => {
    expect(rendered().spec.etcd).toEqual({ topology: 'stacked' })
    expect(rendered({ etcd: 3 }).spec.etcd).toEqual({ topology: 'external' })
  })

  it('names every load balancer, or declares an external one', () => {
    expect(rendered({ loadBalancers: 2 }).spec.loadBalancer).toEqual({
      type: 'haproxy',
      hosts: ['lb1', 'lb2'],
    })
    expect(rendered({ loadBalancers: 0 }).spec.loadBalancer).toEqual({ type: 'external' })
  })

  it('leaves the kubelet settings alone on a machine with cgroup v2 and without swap', () => {
    expect(rendered().spec.kubernetes?.kubeadm).toEqual({
      initConfiguration: { nodeRegistration: { ignorePreflightErrors: ['SystemVerification'] } },
      joinConfiguration: { nodeRegistration: { ignorePreflightErrors: ['SystemVerification'] } },
      kubeProxyConfiguration: { conntrack: { maxPerCore: 0, min: 0 } },
    })
  })

  it('lets the kubelet run on a machine with cgroup v1 and swap', () => {
    const { kubeadm } = rendered({}, { cgroupV1: true, swap: true }).spec.kubernetes ?? {}
    expect(kubeadm).toMatchObject({
      initConfiguration: { nodeRegistration: { ignorePreflightErrors: ['SystemVerification', 'Swap'] } },
      kubeletConfiguration: { failCgroupV1: false, failSwapOn: false },
    })
  })

  it('contains no YAML aliases that a reader would have to resolve', () => {
    expect(text()).not.toMatch(/[&*]a\d/)
  })

  it('is accepted without warnings, and its paths point to the files beside it', () => {
    const read: string[] = []
    const { cluster, warnings } = parseClusterFile(text({}, { cgroupV1: true, swap: true }), {
      path: 'cluster.yaml',
      directory: '/fleet',
      home: '/home/me',
      readFile: (path) => {
        read.push(path)
        return '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----\n'
      },
    })
    expect(warnings).toEqual([])
    expect(read.filter((path) => path.startsWith('/fleet/'))).toEqual([`/fleet/${FILES.signingKey}`])
    expect(cluster.hosts[0]?.ssh).toMatchObject({
      user: 'ops',
      identityFiles: [`/fleet/${FILES.identity}`],
      knownHostsFile: `/fleet/${FILES.knownHosts}`,
    })
  })
})
