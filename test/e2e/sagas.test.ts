import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { abandonJoin } from '../../src/activities/abandon-join.js'
import { initControlPlane, RESTORED_ADMIN_CONF } from '../../src/activities/init-control-plane.js'
import { joinControlPlane, joinWorker } from '../../src/activities/join.js'
import { verifyCluster } from '../../src/activities/verify-cluster.js'
import { etcdctl, memberId } from './support/etcdctl.js'
import { Fleet } from '../support/fleet.js'
import { IMPATIENT, LabSteps } from './support/lab-steps.js'
import { etcdVoters, journal, readyNodes, sharedFiles } from '../support/expect-cluster.js'
import { mustRun } from '../support/process.js'

const fleet = new Fleet('saga')
let lab: LabSteps

beforeAll(async () => {
  await fleet.up('--control-planes', '3', '--workers', '1', '--load-balancers', '1')
  lab = new LabSteps(fleet)
})
afterAll(async () => {
  await lab.close()
  await fleet.down()
})

const JOIN = 'kubeadm-join'

/** Kills everything of a step's unit as soon as it has printed a line: what it did stays as it is. */
async function killAfter(host: string, step: string, line: string): Promise<void> {
  // On the host itself, where no time is lost between the line and the kill.
  const killer = `timeout 300 sh -c '
    until unit=$(systemctl list-units --plain --no-legend "quorate-*-${step}-*" | cut -d " " -f 1) &&
      [ -n "$unit" ] && grep -qF "$0" /var/lib/quorate/operations/*/${step}.*/output; do sleep 0.05; done
    systemctl kill --signal=SIGKILL "$unit"' "${line.replaceAll('"', '\\"')}"`
  await fleet.on(host, killer)
}

/** The outputs of earlier units, which must not be taken for that of the next. */
async function forgetOutputs(host: string): Promise<void> {
  await fleet.on(host, 'rm -rf /var/lib/quorate/operations')
}

async function reboot(host: string): Promise<void> {
  await mustRun('docker', ['stop', fleet.container(host)])
  await mustRun('docker', ['start', fleet.container(host)])
}

async function expectWhole(): Promise<void> {
  // A join ends when the control plane serves; its node becomes Ready with the pod network, a little later.
  await expect.poll(() => readyNodes(fleet), { timeout: 90_000 }).toEqual(['cp1', 'cp2', 'cp3', 'w1'])
  expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2', 'cp3'])
  const [first, ...others] = await Promise.all(['cp1', 'cp2', 'cp3'].map((host) => sharedFiles(fleet, host)))
  for (const other of others) expect(other).toBe(first)
}

describe('kubeadm init', () => {
  it('that was killed with its API up, before a reboot, converges to one cluster on the same host', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await killAfter('cp1', 'kubeadm-init', '[upload-config]')
    await reboot('cp1')
    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectWhole()
    const inits = (await journal(fleet, 'cp2')).filter((unit) => unit.startsWith('kubeadm-init'))
    expect(inits).toEqual([])
  })

  it('is not repeated if admin.conf is missing, which is written again', async () => {
    await fleet.on('cp1', 'mv /etc/kubernetes/admin.conf /root/admin.conf')
    const before = await journal(fleet, 'cp1')
    const result = await lab.run('cp1', initControlPlane)
    expect(result.summary).toBe(RESTORED_ADMIN_CONF)
    expect(await journal(fleet, 'cp1')).toEqual(before)
    await lab.run('cp1', verifyCluster)
  })
})

describe('the join of cp3', () => {
  const address = () => lab.host('cp3').internalAddress
  const joinAgain = () => lab.run('cp3', (context) => joinControlPlane(context, lab.first))

  /** cp3 as it is before it joins, except for what kubeadm left in the journal. */
  async function takeOut(): Promise<void> {
    // The node first: afterwards the balancer still sends requests to the API server that is no more.
    await fleet.on('cp3', 'systemctl stop kubelet')
    await fleet.kubectl('delete', 'node', 'cp3', '--ignore-not-found')
    const id = await memberId(fleet, address())
    if (id !== '') await etcdctl(fleet, `member remove ${id}`)
    await wipe()
    await fleet.on(
      'cp1',
      `until kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes; do sleep 0.5; done`,
    )
  }

  /** Only the host: the cluster still counts on it. */
  async function wipe(): Promise<void> {
    await fleet.on(
      'cp3',
      'systemctl stop kubelet; kubeadm reset --force --kubeconfig /nonexistent >/dev/null 2>&1',
    )
    await forgetOutputs('cp3')
  }

  it('continues if a member was added and nothing was started', async () => {
    await takeOut()
    await etcdctl(fleet, `member add cp3 --learner --peer-urls=https://${address()}:2380`)
    await joinAgain()
    await expectWhole()
  })

  // Each line of kubeadm's is right after an effect that another attempt has to deal with.
  for (const line of [
    '[kubelet-start] Starting the kubelet',
    '[etcd] Announced new etcd member',
    '[etcd] Waiting for the new etcd member to join the cluster',
    '[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap',
    '[mark-control-plane]',
  ]) {
    it(`continues after kubeadm was killed at ${line}`, async () => {
      await takeOut()
      const killed = lab.run('cp3', (context) => joinControlPlane(context, lab.first))
      await Promise.all([
        killAfter('cp3', JOIN, line),
        expect(killed).rejects.toMatchObject({ type: 'UNIT_INTERRUPTED', nonRetryable: false }),
      ])
      await joinAgain()
      await expectWhole()
    })
  }

  it('continues if the reset of a failed attempt was killed as well', async () => {
    await takeOut()
    await fleet.on('cp3', 'mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/bootstrap-kubelet.conf')
    const killed = lab.run('cp3', (context) => joinControlPlane(context, lab.first))
    await Promise.all([
      killAfter('cp3', 'kubeadm-reset', '[reset]'),
      expect(killed).rejects.toMatchObject({ type: 'UNIT_INTERRUPTED' }),
    ])
    await joinAgain()
    await expectWhole()
  })

  it('is completed and not undone if only the mark is missing and the kubelet is stopped', async () => {
    await fleet.kubectl('label', 'node', 'cp3', 'node-role.kubernetes.io/control-plane-')
    await fleet.on('cp3', 'systemctl stop kubelet')
    const before = await journal(fleet, 'cp3')
    await joinAgain()
    expect(await journal(fleet, 'cp3')).toEqual(before)
    await expectWhole()
  })

  it('replaces the voter of a reinstalled host, even if its node still counts as Ready', async () => {
    await wipe()
    await joinAgain()
    await expectWhole()
  })

  it('touches nothing on a control plane that lost its data, and says so', async () => {
    // As after a restart without the disk; what runs keeps its own view.
    await fleet.on('cp3', 'mkdir -p /root/empty; mount --bind /root/empty /var/lib/etcd')
    const refused = lab.run('cp3', (context) => joinControlPlane(context, lab.first), IMPATIENT)
    await expect(refused).rejects.toMatchObject({ type: 'ETCD_DATA_LOST', nonRetryable: true })
    await fleet.on('cp3', 'umount /var/lib/etcd')
    await lab.run('cp1', verifyCluster)
  })

  it('is not undone while that would cost etcd its majority', async () => {
    await wipe()
    await fleet.on('cp2', 'pkill -STOP -x etcd')
    const refused = lab.run('cp3', (context) => joinControlPlane(context, lab.first), IMPATIENT)
    await expect(refused).rejects.toMatchObject({ nonRetryable: true })
    await fleet.on('cp2', 'pkill -CONT -x etcd')
    expect(await memberId(fleet, address())).not.toBe('')
    await joinAgain()
    await expectWhole()
  })

  it('can be abandoned without the host until its member votes', async () => {
    const abandon = () => lab.run('cp1', (context) => abandonJoin(context, lab.host('cp3')))
    await expect(abandon()).rejects.toMatchObject({ type: 'STEP_NOT_SKIPPABLE' })
    await takeOut()
    await etcdctl(fleet, `member add cp3 --learner --peer-urls=https://${address()}:2380`)
    expect((await abandon()).changed).toBe(true)
    expect(await memberId(fleet, address())).toBe('')
    expect((await abandon()).changed).toBe(false)
  })

  it('is completed by an apply', async () => {
    const applied = await fleet.apply()
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    await expectWhole()
  })
})

describe('the join of a worker', () => {
  it('continues if the host was reset while its node still counts as Ready', async () => {
    await fleet.on('w1', 'kubeadm reset --force >/dev/null 2>&1')
    await lab.run('w1', (context) => joinWorker(context, lab.first))
    await expectWhole()
  })
})
