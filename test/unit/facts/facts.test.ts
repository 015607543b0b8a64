import { describe, expect, it } from 'vitest'
import { parseFacts } from '../../../src/facts/facts.js'

const ANSWER = [
  'clock\t1700000000.500000000',
  'machineId\tabc',
  'hostname\tcp1',
  'architecture\tx86_64',
  'osId\tdebian',
  'osName\tDebian GNU/Linux 12 (bookworm)',
  'initSystem\tsystemd',
  'cpus\t2',
  'memoryKiB\t4194304',
  'cgroup\t2',
  'swaps\t1',
  'freeKiB\t2097152',
  'package\tkubeadm 1.36.3-1.1',
  'listener\tLISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=7,fd=3))',
  'listener\tLISTEN 0 128 [::]:22 [::]:*',
  'path\t/etc/kubernetes/kubelet.conf',
  'claimedBy\tprod',
  'fileMode\t644 root:root /etc/crictl.yaml',
  'fileDigest\taaaa /etc/crictl.yaml',
  'fileMode\t600 root:root /etc/containerd/certs.d/a/hosts.toml',
  'fileDigest\taaaa /etc/containerd/certs.d/a/hosts.toml',
  'fileMode\t600 root:root /gone/meanwhile',
  'module\toverlay',
  'parameter\tnet.ipv4.ip_forward 1',
  'loaded\tcontainerd bbbb',
  'unit\tMainPID=7 Id=containerd.service ActiveState=active UnitFileState=enabled',
  'unit\tMainPID=0 Id=kubelet.service ActiveState=activating UnitFileState=disabled',
  'unit\tMainPID=0 Id=haproxy.service ActiveState=inactive UnitFileState=',
  'containerdVersion\tcontainerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7',
  'kubeletConfiguration\t/var/lib/kubelet/config.yaml',
  `kubeletDocument\t${Buffer.from('kind: KubeletConfiguration\nmaxPods: 77\n').toString('base64')}`,
  'apiServer\thttps://api.prod.lab:6443',
  'certificate',
  '-----BEGIN CERTIFICATE-----',
  'AAAA',
  '-----END CERTIFICATE-----',
].join('\n')

const ASKED = { before: 1_700_000_000_000, after: 1_700_000_000_200 }

const parse = (answer: string) => parseFacts('cp1', answer, ASKED, () => 'sha256:hash')

const facts = parse(ANSWER)

/** The answer with another value, or without one, for a key. */
function answering(key: string, value?: string): string {
  return ANSWER.replace(new RegExp(`^${key}\\t.*\n`, 'm'), value === undefined ? '' : `${key}\t${value}\n`)
}

describe('the facts of a host', () => {
  it('compare its clock with the middle of the round trip', () => {
    expect(facts).toMatchObject({ clockOffsetMs: 400, clockUncertaintyMs: 100 })
  })

  it('name the program that listens on a port if it is visible', () => {
    expect(facts.listeners).toEqual([
      { port: 6443, address: '*', program: 'kube-apiserver' },
      { port: 22, address: '[::]', program: '' },
    ])
  })

  it('include what the API server manifest says, as far as it is readable', () => {
    const said = (port: string, image: string) =>
      parse(`apiServerPort\t${port}\napiServerImage\t${image}\n${ANSWER}`).apiServerPod
    const image = 'mirror.lab:5000/k8s/kube-apiserver:v1.36.3@sha256:00ff'
    expect(said('6443', image)).toEqual({ port: 6443, imageRepository: 'mirror.lab:5000/k8s' })
    expect(said('', 'registry.k8s.io/kube-apiserver:v1.36.3')).toEqual({ imageRepository: 'registry.k8s.io' })
    expect(said('$(PORT)', 'busybox')).toBeUndefined()
    expect(facts.apiServerPod).toBeUndefined()
  })

  it('contain versions, sizes and marks', () => {
    expect(facts).toMatchObject({
      packages: { kubeadm: '1.36.3-1.1' },
      memoryMiB: 4096,
      freeMiB: 2048,
      cgroupVersion: 2,
      swapOn: true,
      paths: ['/etc/kubernetes/kubelet.conf'],
      claimedBy: 'prod',
      apiServer: 'api.prod.lab:6443',
      caHash: 'sha256:hash',
    })
  })

  it('contain everything that Quorate configures, as it is', () => {
    const file = { mode: '644 root:root', digest: 'aaaa' }
    expect(facts.configuration).toEqual({
      files: {
        '/etc/crictl.yaml': file,
        '/etc/containerd/certs.d/a/hosts.toml': { ...file, mode: '600 root:root' },
      },
      modules: ['overlay'],
      parameters: { 'net.ipv4.ip_forward': '1' },
      services: {
        containerd: { active: true, enabled: true, loaded: 'bbbb' },
        kubelet: { active: false, enabled: false },
        haproxy: { active: false, enabled: false },
      },
      containerdMajor: 2,
      kubeletConfiguration: '/var/lib/kubelet/config.yaml',
      kubeletDocument: { kind: 'KubeletConfiguration', maxPods: 77 },
    })
  })

  it('omit what the host does not have', () => {
    const bare = parse(answering('claimedBy').replace(/^certificate\n.*/ms, ''))
    expect(bare).not.toHaveProperty('caHash')
    expect(bare).not.toHaveProperty('claimedBy')
  })
})

describe('the clock of a host', () => {
  it.each([
    ['busybox, which knows no nanoseconds', '1700000000.%N'],
    ['another, which leaves them out', '1700000000'],
    ['an early uutils, which drops leading zeros', '1700000000.82754300'],
  ])('is read to the second if date comes from %s', (_whose, answer) => {
    expect(parse(answering('clock', answer))).toMatchObject({ clockOffsetMs: 400, clockUncertaintyMs: 600 })
  })

  it('is far behind if it starts at the epoch', () => {
    expect(parse(answering('clock', '12.000000000')).clockOffsetMs).toBeLessThan(-1_600_000_000_000)
  })

  it.each(['1795654005682754300', '', 'Welcome to cp1', 'date: invalid format'])(
    'is not read from an answer without a time: %j',
    (answer) => {
      expect(() => parse(answering('clock', answer))).toThrow(
        expect.objectContaining({
          code: 'FACTS_UNREADABLE',
          message: `cp1 answers ${answer === '' ? 'nothing' : `"${answer}"`} to \`date +%s.%N\`, from which its time cannot be read`,
          context: { host: 'cp1' },
        }) as Error,
      )
    },
  )
})

describe('an unreadable answer', () => {
  const keys = [
    'clock',
    'hostname',
    'architecture',
    'initSystem',
    'cpus',
    'memoryKiB',
    'cgroup',
    'swaps',
    'freeKiB',
  ]
  const unreadable = expect.objectContaining({ code: 'FACTS_UNREADABLE' }) as Error

  it.each(keys)('is an error if a value is missing: %s', (key) => {
    expect(() => parse(answering(key))).toThrow(unreadable)
    expect(() => parse(answering(key, ''))).toThrow(unreadable)
  })

  it.each(['cpus', 'memoryKiB', 'cgroup', 'swaps', 'freeKiB'])(
    'is an error if a value is not a number: %s',
    (key) => {
      for (const value of ['-1', 'two', '1.5G', 'Filesystem']) {
        expect(() => parse(answering(key, value))).toThrow(unreadable)
      }
    },
  )

  it('is any answer from a host that did not run the script', () => {
    expect(() => parse('interactive logins only\n')).toThrow(unreadable)
  })
})

it('a host whose programs do not fit is refused, and the error names the program', () => {
  expect(() => parse(`unfitProgram\tflock\n${ANSWER}`)).toThrow(
    expect.objectContaining({
      code: 'PROGRAM_UNFIT',
      message: expect.stringContaining(
        "the program flock on cp1 is missing or lacks what Quorate needs of it (util-linux's",
      ) as string,
    }) as Error,
  )
})
