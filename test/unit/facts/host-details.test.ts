import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  endpointOfUrl,
  parseConnections,
  parseDetails,
  slowestSync,
} from '../../../src/facts/host-details.js'

describe('the details of a host', () => {
  it('combine addresses with MACs, and include routes with and without a gateway', () => {
    const details = parseDetails(
      new Map([
        ['kernel', ['6.1.0-17-amd64']],
        ['productUuid', ['4C4C4544-AB']],
        ['address', ['eth0 10.0.0.11/24', 'tun0 fd00::1/64']],
        ['mac', ['eth0 52:54:00:00:00:01']],
        [
          'route',
          [
            '10.1.0.0/16 via 10.0.0.1 dev eth0 proto static',
            '10.0.0.0/24 dev eth0',
            'unreachable 10.9.0.0/16',
          ],
        ],
        ['packageProxy', ['yes']],
        ['swapAtBoot', ['/etc/fstab', 'dev-zram0.swap']],
        ['dataFolder', ['/var/lib 2097152 /', '/var/lib/etcd 24576 /var/lib/etcd', '/var/lib/kubelet  ']],
      ]),
    )
    expect(details).toMatchObject({
      kernel: '6.1.0-17-amd64',
      productUuid: '4c4c4544-ab',
      addresses: [
        { interface: 'eth0', address: '10.0.0.11/24', mac: '52:54:00:00:00:01' },
        { interface: 'tun0', address: 'fd00::1/64' },
      ],
      routes: [
        { destination: '10.1.0.0/16', interface: 'eth0', gateway: '10.0.0.1' },
        { destination: '10.0.0.0/24', interface: 'eth0' },
      ],
      packageProxy: true,
      swapAtBoot: ['/etc/fstab', 'dev-zram0.swap'],
      dataFolders: [
        { path: '/var/lib', freeMiB: 2048, mountPoint: '/' },
        { path: '/var/lib/etcd', freeMiB: 24, mountPoint: '/var/lib/etcd' },
      ],
    })
  })

  it('are absent if the script did not ask for them', () => {
    expect(parseDetails(new Map())).toBeUndefined()
  })
})

describe('connection results', () => {
  it('are listed by target, with the addresses of the endpoint', () => {
    expect(parseConnections('endpoint\t10.0.0.5\nrefused\t10.0.0.11:6443\ntimeout\tapi.lab:6443\n')).toEqual({
      connections: { '10.0.0.11:6443': 'refused', 'api.lab:6443': 'timeout' },
      endpointAddresses: ['10.0.0.5'],
    })
  })
})

describe('the slowest synced write', () => {
  it('is the 99th percentile in milliseconds', () => {
    const samples = [...Array<string>(98).fill('0.001'), '0.0042', '0.9']
    expect(slowestSync(samples.join('\n'))).toBe(4.2)
  })

  it('is not exaggerated by a dd that reports only tenths of a second', () => {
    expect(slowestSync(`${'0.0\n'.repeat(99)}0.1\n`)).toBe(0)
  })

  it('is undefined without samples', () => {
    expect(slowestSync('')).toBeUndefined()
  })

  it('is always one of the samples', () => {
    const seconds = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(seconds, (tenths) => {
        const answer = tenths.map((tenth) => String(tenth / 10_000)).join('\n')
        expect(tenths.map((tenth) => tenth / 10)).toContain(slowestSync(answer))
      }),
    )
  })
})

describe('the host and port of a URL', () => {
  it.each([
    ['https://pkgs.k8s.io', 'pkgs.k8s.io', 443],
    ['http://mirror.lab/debian', 'mirror.lab', 80],
    ['http://mirror.lab:5000/v2/', 'mirror.lab', 5000],
    ['https://[fd00::1]:8443/x', 'fd00::1', 8443],
  ])('are read from %s', (url, host, port) => {
    expect(endpointOfUrl(url)).toEqual({ host, port })
  })

  it('are undefined for other schemes', () => {
    expect(endpointOfUrl('file:///srv/packages')).toBeUndefined()
  })
})
