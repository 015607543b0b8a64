import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PATIENCE } from '../../src/hosts/timeouts.js'
import { verifyCluster } from '../../src/activities/verify-cluster.js'
import { etcdctl } from './support/etcdctl.js'
import { Fleet } from '../support/fleet.js'
import { IMPATIENT, LabSteps } from './support/lab-steps.js'

const fleet = new Fleet('saga')
let lab: LabSteps

beforeAll(async () => {
  await fleet.up('--control-planes', '3', '--workers', '1', '--load-balancers', '1')
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
  lab = new LabSteps(fleet)
})
afterAll(async () => {
  await lab.close()
  await fleet.down()
})

/** One thing broken by hand, how it is fixed, and how the verification must tell of it. */
interface Breakage {
  readonly what: string
  readonly breakIt: () => Promise<unknown>
  readonly fix: () => Promise<unknown>
  readonly code: string
  readonly host: string
}

const MANIFESTS = '/etc/kubernetes/manifests'

/** A static pod's manifest moved away; the kubelet looks for it every few seconds. */
function withoutManifest(host: string, component: string): Omit<Breakage, 'code'> {
  const away = `/root/${component}.yaml`
  return {
    what: `${component} of ${host} does not run`,
    host,
    breakIt: async () => {
      await fleet.on(host, `mv ${MANIFESTS}/${component}.yaml ${away}`)
      const running = () => fleet.on(host, `crictl ps -q --state Running --name '^${component}$'`)
      await expect.poll(running, { timeout: 60_000, interval: 300 }).toBe('')
    },
    fix: () => fleet.on(host, `mv ${away} ${MANIFESTS}/${component}.yaml`),
  }
}

/** A component frozen in place: it runs, and answers nothing. */
function frozen(host: string, component: string): Omit<Breakage, 'code'> {
  return {
    what: `${component} of ${host} runs and does not answer`,
    host,
    breakIt: () => fleet.on(host, `pkill -STOP -x ${component.slice(0, 15)}`),
    fix: () => fleet.on(host, `pkill -CONT -x ${component.slice(0, 15)}`),
  }
}

const BREAKAGES: readonly Breakage[] = [
  {
    what: 'etcd has a member that never started',
    breakIt: () => etcdctl(fleet, 'member add stray --learner --peer-urls=https://192.0.2.99:2380'),
    fix: async () => {
      const list = await etcdctl(fleet, 'member list -w simple')
      const [id = ''] =
        list
          .split('\n')
          .find((line) => line.includes('192.0.2.99'))
          ?.split(', ') ?? []
      await etcdctl(fleet, `member remove ${id}`)
    },
    code: 'ETCD_UNHEALTHY',
    host: 'cp1',
  },
  { ...frozen('cp2', 'etcd'), code: 'ETCD_UNHEALTHY' },
  { ...frozen('cp3', 'kube-apiserver'), code: 'CONTROL_PLANE_NOT_READY' },
  { ...frozen('cp2', 'kube-scheduler'), code: 'CONTROL_PLANE_NOT_READY' },
  { ...frozen('cp3', 'kube-controller-manager'), code: 'CONTROL_PLANE_NOT_READY' },
  { ...withoutManifest('cp2', 'kube-scheduler'), code: 'CONTROL_PLANE_NOT_READY' },
  {
    what: "cp3's node is not marked as control plane",
    breakIt: () => fleet.kubectl('label', 'node', 'cp3', 'node-role.kubernetes.io/control-plane-'),
    fix: () => fleet.kubectl('label', 'node', 'cp3', 'node-role.kubernetes.io/control-plane='),
    code: 'CONTROL_PLANE_NOT_READY',
    host: 'cp3',
  },
  {
    what: 'the load balancer is down',
    breakIt: () => fleet.on('lb1', 'systemctl stop haproxy'),
    fix: () => fleet.on('lb1', 'systemctl start haproxy'),
    code: 'API_UNREACHABLE',
    host: 'cp1',
  },
  {
    what: 'a kubelet has stopped, while its node still counts as Ready',
    breakIt: () => fleet.on('w1', 'systemctl stop kubelet'),
    fix: () => fleet.on('w1', 'systemctl start kubelet'),
    code: 'NODE_NOT_READY',
    host: 'w1',
  },
  {
    what: 'a node is not there',
    breakIt: () => fleet.kubectl('delete', 'node', 'w1'),
    fix: () => fleet.on('w1', 'systemctl restart kubelet'),
    code: 'NODE_NOT_READY',
    host: 'w1',
  },
  {
    what: 'flannel does not run on one node',
    breakIt: async () => {
      await fleet.kubectl('label', 'node', 'w1', 'kubernetes.io/os=none', '--overwrite')
      const pods = () =>
        fleet.kubectl(
          '-n',
          'kube-flannel',
          'get',
          'pods',
          '--field-selector',
          'spec.nodeName=w1',
          '-o',
          'name',
        )
      await expect.poll(pods, { timeout: 60_000, interval: 300 }).toBe('')
    },
    fix: () => fleet.kubectl('label', 'node', 'w1', 'kubernetes.io/os=linux', '--overwrite'),
    code: 'POD_NETWORK_FAILED',
    host: 'w1',
  },
  {
    what: 'the cluster has no DNS',
    breakIt: async () => {
      await fleet.kubectl('-n', 'kube-system', 'scale', 'deployment', 'coredns', '--replicas=0')
      const pods = () =>
        fleet.kubectl('-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-dns', '-o', 'name')
      await expect.poll(pods, { timeout: 60_000, interval: 300 }).toBe('')
    },
    fix: () => fleet.kubectl('-n', 'kube-system', 'scale', 'deployment', 'coredns', '--replicas=2'),
    code: 'CLUSTER_DNS_FAILED',
    host: 'cp1',
  },
]

describe('the verification of a complete cluster', () => {
  it('succeeds if everything works', async () => {
    const verified = await lab.run('cp1', verifyCluster)
    expect(verified.etcdMembers).toEqual(['cp1', 'cp2', 'cp3'])
  })

  for (const { what, breakIt, fix, code, host } of BREAKAGES) {
    it(`fails if ${what}`, async () => {
      await breakIt()
      try {
        const failure = { type: code, details: [{ code, host }] }
        await expect(lab.run('cp1', verifyCluster, IMPATIENT)).rejects.toMatchObject(failure)
      } finally {
        await fix()
      }
      await lab.run('cp1', verifyCluster, { ...PATIENCE, components: 120_000 })
    })
  }
})
