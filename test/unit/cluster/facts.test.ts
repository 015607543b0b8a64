import { describe, expect, it } from 'vitest'
import { parseFacts } from '../../../src/cluster/facts.js'

const ANSWER = [
  'clockMs\t1700000000500',
  'machineId\tabc',
  'osId\tdebian',
  'osName\tDebian GNU/Linux 12 (bookworm)',
  'initSystem\tsystemd',
  'cpus\t2',
  'memoryKiB\t4194304',
  'cgroup\tcgroup2fs',
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
  'unlinkedPlugin\tportmap',
  'module\toverlay',
  'parameter\tnet.ipv4.ip_forward 1',
  'loaded\tcontainerd bbbb',
  'unit\tMainPID=7 Id=containerd.service ActiveState=active UnitFileState=enabled',
  'unit\tMainPID=0 Id=kubelet.service ActiveState=activating UnitFileState=disabled',
  'unit\tMainPID=0 Id=haproxy.service ActiveState=inactive UnitFileState=',
  'containerdVersion\tcontainerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7',
  'kubeletConfiguration\t',
  'apiServer\thttps://api.prod.lab:6443',
  'certificate',
  '-----BEGIN CERTIFICATE-----',
  'AAAA',
  '-----END CERTIFICATE-----',
].join('\n')

const facts = parseFacts(
  'cp1',
  ANSWER,
  { before: 1_700_000_000_000, after: 1_700_000_000_200 },
  () => 'sha256:hash',
)

describe('the facts of a host', () => {
  it('measure the clock against the middle of the question', () => {
    expect(facts).toMatchObject({ clockOffsetMs: 400, clockUncertaintyMs: 100 })
  })

  it('name who listens on a port where that could be seen', () => {
    expect(facts.listeners).toEqual([
      { port: 6443, address: '*', program: 'kube-apiserver' },
      { port: 22, address: '[::]', program: '' },
    ])
  })

  it('hold versions, sizes and marks', () => {
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

  it('tell what Quorate sets there as it is', () => {
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
      unlinkedPlugins: ['portmap'],
      containerdMajor: 2,
    })
  })

  it('leave out what the host does not have', () => {
    const bare = parseFacts('w1', 'machineId\tdef\n', { before: 0, after: 0 }, () => 'never')
    expect(bare).not.toHaveProperty('caHash')
    expect(bare).not.toHaveProperty('claimedBy')
  })
})
