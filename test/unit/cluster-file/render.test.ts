import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderClusterFile, type ClusterFileAnswers } from '../../../src/cluster-file/render.js'
import { parse, problems } from './cluster-files.js'
import { defined } from '../../../src/values/defined.js'

const ANSWERS: ClusterFileAnswers = {
  name: 'prod',
  version: 'v1.36.3',
  controlPlaneEndpoint: 'api.prod.lab:6443',
  ssh: { user: 'ops' },
  hosts: [
    { name: 'cp1', role: 'control-plane', address: '10.0.0.11' },
    { name: 'cp2', role: 'control-plane', address: '10.0.0.12' },
    { name: 'cp3', role: 'control-plane', address: 'cp3.prod.lab', internalAddress: '10.0.0.13' },
    { name: 'w1', role: 'worker', address: 'w1.prod.lab' },
    { name: 'lb1', role: 'load-balancer', address: '10.0.0.5' },
  ],
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/)
const dnsName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const port = fc.integer({ min: 1, max: 65_535 })
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined })

/** Answers that are right, with names that YAML might take for something else, such as `null` or `true`. */
const answers: fc.Arbitrary<ClusterFileAnswers> = fc
  .record({
    name: label,
    version: fc.constantFrom('v1.36.3', '1.37.2', 'stable', 'stable-1.36'),
    endpoint: fc.tuple(dnsName, optional(port)),
    names: fc.uniqueArray(label, { minLength: 3, maxLength: 8 }),
    user: label,
    port: optional(port),
    certSANs: optional(fc.array(dnsName, { maxLength: 3 })),
    podSubnet: fc.constantFrom('10.244.0.0/16', '192.168.0.0/16'),
    plugin: fc.constantFrom({ plugin: 'flannel', backend: 'host-gw' } as const, { plugin: 'none' } as const),
    install: fc.boolean(),
  })
  .map(
    ({ endpoint: [host, endpointPort], names, user, port: sshPort, certSANs, plugin, install, ...rest }) => ({
      ...rest,
      controlPlaneEndpoint: endpointPort === undefined ? host : `${host}:${endpointPort}`,
      ...defined({ certSANs }),
      network: plugin,
      packages: { install },
      ssh: { user, ...defined({ port: sshPort }) },
      hosts: names.map((name, index) => ({
        name,
        role:
          index === 0
            ? ('load-balancer' as const)
            : index < 4
              ? ('control-plane' as const)
              : ('worker' as const),
        address: `10.1.0.${index + 1}`,
      })),
    }),
  )

describe('a new cluster file', () => {
  it('explains itself in comments', async () => {
    await expect(renderClusterFile(ANSWERS)).toMatchFileSnapshot('../../golden/cluster-file.yaml')
  })

  it('reads back without problems or warnings', () => {
    const { cluster, warnings } = parse(renderClusterFile(ANSWERS))
    expect(warnings).toEqual([])
    expect(
      cluster.hosts.map(({ name, address, internalAddress }) => [name, address, internalAddress]),
    ).toEqual([
      ['cp1', '10.0.0.11', '10.0.0.11'],
      ['cp2', '10.0.0.12', '10.0.0.12'],
      ['cp3', 'cp3.prod.lab', '10.0.0.13'],
      ['w1', 'w1.prod.lab', 'w1.prod.lab'],
      ['lb1', '10.0.0.5', '10.0.0.5'],
    ])
  })

  it('reads back to the same answers, whatever they were', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(answers, (given) => {
        const { cluster } = parse(renderClusterFile(given))
        expect(cluster.name).toBe(given.name)
        expect(cluster.hosts.map(({ name, role }) => ({ name, role }))).toEqual(
          given.hosts.map(({ name, role }) => ({ name, role })),
        )
        expect(cluster.hosts[0]?.ssh.user).toBe(given.ssh.user)
        expect(cluster.hosts[0]?.ssh.port).toBe(given.ssh.port ?? 22)
        expect(cluster.kubernetes.certSANs).toEqual(given.certSANs ?? [])
        expect(cluster.network.plugin).toBe(given.network?.plugin)
        expect(cluster.packages.install).toBe(given.packages?.install)
      }),
      { numRuns: 50 },
    )
  })

  it('has valid fields in its comments, ready to be uncommented', () => {
    const uncommented = renderClusterFile(ANSWERS).replaceAll(/^( *)# ([a-zA-Z]+: )/gm, '$1$2')
    const readFile = (): string => '-----BEGIN PGP PUBLIC KEY BLOCK-----'
    expect(uncommented).toContain('\n    certSANs: ')
    expect(uncommented).toContain('\n  containerRuntime: ')
    expect(problems(uncommented, { readFile })).toEqual([])
  })

  it('declares an external load balancer if no host has that role', () => {
    const hosts = ANSWERS.hosts.filter(({ role }) => role !== 'load-balancer')
    expect(parse(renderClusterFile({ ...ANSWERS, hosts })).cluster.loadBalancer).toEqual({ type: 'external' })
  })
})
