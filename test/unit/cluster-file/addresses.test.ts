/** Addresses by which the cluster's components find each other. */
import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problemTexts, type Change } from './cluster-files.js'

const host = (index: number, field: string): (string | number)[] => ['spec', 'hosts', index, field]
const networking = (value: object): Change => [['spec', 'kubernetes', 'networking'], value]
const endpoint = (value: string): Change => [['spec', 'kubernetes', 'controlPlaneEndpoint'], value]

const GIVE = 'give internalAddress, an IPv4 address that the other hosts can reach'

describe('IPv6 is rejected', () => {
  it('for every host, while the networks keep their defaults', () => {
    const hosts = [11, 12, 13, 21, 5].map((last, index): Change => [
      host(index, 'address'),
      `fd00:10::${last}`,
    ])
    expect(problemTexts(clusterFile(...hosts))).toEqual(
      [11, 12, 13, 21, 5].map(
        (last, index) => `spec.hosts[${index}].address: fd00:10::${last}: IPv6 is not supported yet; ${GIVE}`,
      ),
    )
  })

  it('for a single control plane among IPv4 ones', () => {
    expect(problemTexts(clusterFile([host(1, 'internalAddress'), 'fd00:10::12']))).toEqual([
      'spec.hosts[1].internalAddress: fd00:10::12: IPv6 is not supported yet; give an IPv4 address that the other hosts can reach',
    ])
  })

  it('for networks, even with a pod network plugin of your own', () => {
    const text = clusterFile(networking({ podSubnet: 'fd00:244::/56', serviceSubnet: 'fd00:96::/112' }), [
      ['spec', 'network'],
      { plugin: 'none' },
    ])
    expect(problemTexts(text)).toEqual([
      'spec.kubernetes.networking.podSubnet: fd00:244::/56: IPv6 is not supported yet; choose a private IPv4 network, e.g. 10.244.0.0/16',
      'spec.kubernetes.networking.serviceSubnet: fd00:96::/112: IPv6 is not supported yet; choose a private IPv4 network, e.g. 10.96.0.0/12',
    ])
  })

  it('for the endpoint', () => {
    expect(problemTexts(clusterFile(endpoint('[fd00:10::5]:6443')))).toEqual([
      'spec.kubernetes.controlPlaneEndpoint: fd00:10::5: IPv6 is not supported yet; use a DNS name, or an IPv4 address of the load balancer',
    ])
  })

  it('but not for SSH or for a name in the certificate', () => {
    const text = clusterFile(
      [host(0, 'address'), 'fd00:10::11'],
      [host(0, 'internalAddress'), '10.0.0.11'],
      [['spec', 'kubernetes', 'certSANs'], ['fd00:10::5']],
    )
    expect(parse(text).cluster.hosts[0]).toMatchObject({
      address: 'fd00:10::11',
      internalAddress: '10.0.0.11',
    })
  })
})

describe('an address that other hosts cannot reach is rejected', () => {
  it.each([
    ['127.0.1.1', '127.0.1.1 is a loopback address: no other host can reach this one at it'],
    ['0.0.0.0', '0.0.0.0 is an unspecified address: no other host can reach this one at it'],
    ['169.254.7.7', '169.254.7.7 is a link-local address: no other host can reach this one at it'],
    ['224.0.0.18', '224.0.0.18 is a multicast address: no other host can reach this one at it'],
    ['255.255.255.255', '255.255.255.255 is a broadcast address: no other host can reach this one at it'],
  ])('%s', (address, problem) => {
    expect(problemTexts(clusterFile([host(0, 'address'), address]))).toEqual([
      `spec.hosts[0].address: ${problem}; ${GIVE}`,
    ])
    expect(problemTexts(clusterFile([host(3, 'internalAddress'), address]))).toEqual([
      `spec.hosts[3].internalAddress: ${problem}; give an IPv4 address that the other hosts can reach`,
    ])
  })

  it('even behind a name from the ssh configuration', () => {
    const location = {
      user: 'me',
      readFile: (path: string) => {
        if (path === '/home/ops/.ssh/config') return 'Host box1\n  HostName 127.0.0.1\n  Port 2200\n'
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      },
    }
    expect(problemTexts(clusterFile([host(3, 'address'), 'box1']), location)).toEqual([
      `spec.hosts[3].address: 127.0.0.1 is a loopback address: no other host can reach this one at it; ${GIVE}`,
    ])
    const behind: Change[] = [
      [host(3, 'address'), 'box1'],
      [host(3, 'internalAddress'), '10.0.0.21'],
    ]
    expect(problemTexts(clusterFile(...behind), location)).toEqual([])
  })

  it('as is an IPv4 address written as IPv6', () => {
    expect(problemTexts(clusterFile([host(0, 'address'), '::ffff:10.0.0.11']))).toEqual([
      'spec.hosts[0].address: ::ffff:10.0.0.11 is an IPv4 address written in IPv6 form; write 10.0.0.11',
    ])
  })

  it.each([
    ['podSubnet', '127.0.0.0/16', '127.0.0.0/8, which is loopback', '10.244.0.0/16'],
    ['serviceSubnet', '224.0.0.0/16', '224.0.0.0/4, which is multicast', '10.96.0.0/12'],
    ['podSubnet', '169.254.0.0/16', '169.254.0.0/16, which is link-local', '10.244.0.0/16'],
  ])('as is a network of such addresses: %s %s', (field, text, overlap, better) => {
    expect(problemTexts(clusterFile(networking({ [field]: text })))).toEqual([
      `spec.kubernetes.networking.${field}: ${text} overlaps with ${overlap}; choose a private IPv4 network, e.g. ${better}`,
    ])
  })
})

describe('one address or name written in two ways', () => {
  it('counts as the address of one host', () => {
    const hosts: Change[] = [
      [host(0, 'address'), 'fd00:10::11'],
      [host(0, 'internalAddress'), '10.0.0.11'],
      [host(1, 'address'), 'FD00:10:0:0::11'],
      [host(1, 'internalAddress'), '10.0.0.12'],
    ]
    expect(problemTexts(clusterFile(...hosts))).toEqual([
      'spec.hosts[1].address: the address "FD00:10:0:0::11" with port 22 is taken by spec.hosts[0] (cp1); give each host an address of its own',
    ])
  })

  it('counts as one name, whatever its case', () => {
    const names: Change[] = [
      [host(3, 'address'), 'W1.prod.lab'],
      [['spec', 'hosts', 5], { name: 'w2', role: 'worker', address: 'w1.prod.lab' }],
    ]
    expect(problemTexts(clusterFile(...names))).toEqual([
      'spec.hosts[5].address: the address "w1.prod.lab" with port 22 is taken by spec.hosts[3] (w1); give each host an address of its own',
    ])
  })
})

describe('a name that is not a valid DNS name', () => {
  const location = (config: string) => ({
    user: 'me',
    readFile: (path: string) => {
      if (path === '/home/ops/.ssh/config') return config
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    },
  })

  it('is accepted as an alias from the ssh configuration', () => {
    const text = clusterFile([host(3, 'address'), 'k8s_w1'])
    const read = parse(text, location('Host k8s_*\n  HostName 10.0.0.21\n'))
    expect(read.cluster.hosts[3]).toMatchObject({ address: '10.0.0.21', internalAddress: '10.0.0.21' })
  })

  it('is rejected if nothing resolves it', () => {
    expect(problemTexts(clusterFile([host(3, 'address'), 'k8s_w1']), location(''))).toEqual([
      'spec.hosts[3].address: "k8s_w1" is neither an IP address nor a DNS name; correct it, or give the name a HostName in the ssh configuration',
    ])
  })
})
