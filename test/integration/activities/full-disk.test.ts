import { describe, expect, it } from 'vitest'
import { onHost } from '../../../src/activities/frame/frame.js'
import { joinControlPlane } from '../../../src/activities/join.js'
import { QuorateError } from '../../../src/errors/index.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { runKubeadm } from '../../../src/hosts/kubeadm/run.js'
import { runKubeadmUpgrade } from '../../../src/hosts/kubeadm/upgrade.js'
import { blamingTheDisk } from '../../../src/hosts/system/disk-state.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedPool, type Answers } from '../../support/scripted-session.js'

/** A step on cp2, where units have ended with success unless the answers say otherwise. */
function step(answers: Answers, act: (context: HostContext) => Promise<unknown>): Promise<unknown> {
  const patience = { components: 1, etcd: 1, node: 1, runtime: 1 }
  return activity(() =>
    onHost(scriptedPool(answers, 'ended'), aCluster(), aHost('cp2'), (context) =>
      act({ ...context, patience }),
    ),
  )
}

describe('a full disk under etcd', () => {
  const failed = new QuorateError('KUBEADM_FAILED', 'kubeadm join ended with 1: etcd did not start', {
    host: 'cp2',
    output: 'waiting for etcd',
  })
  const blamed = (answer: string) =>
    step([['df -Pk', answer]], (context) => blamingTheDisk(context, () => Promise.reject(failed)))

  it("is reported instead of kubeadm's timeout", async () => {
    await expect(blamed('0 /var/lib/etcd\n')).rejects.toMatchObject({
      type: 'DISK_FULL',
      message: expect.stringContaining('no space left for etcd on /var/lib/etcd (0 MiB free)') as string,
    })
  })

  it("is recognised from etcd's log even if there is space again", async () => {
    const log = 'panic: wal: write /var/lib/etcd/member/wal/1.wal: no space left on device'
    await expect(blamed(`900000 /\n${log}\n`)).rejects.toMatchObject({
      type: 'DISK_FULL',
      details: [{ output: expect.stringContaining(log) as string }],
    })
  })

  it('is not reported without evidence', async () => {
    await expect(blamed('900000 /\nready to serve client requests\n')).rejects.toMatchObject({
      type: 'KUBEADM_FAILED',
    })
  })

  const FAILS: Answers = [['exec kubeadm', 1]]
  const cases: Record<string, readonly [Answers, (context: HostContext) => Promise<unknown>]> = {
    'a control plane that joined and is not ready': [
      [
        ['kubelet-certificate', 'kubelet.conf\n'],
        ['/readyz', 500],
      ],
      (context) => joinControlPlane(context, aHost('cp1')),
    ],
    'a kubeadm that fails': [
      FAILS,
      (context) =>
        runKubeadm(context, {
          subcommand: 'join',
          clear: () => Promise.resolve(),
          configuration: () => Promise.resolve(''),
        }),
    ],
    'a kubeadm upgrade that fails': [
      FAILS,
      (context) => runKubeadmUpgrade(context, { prepare: () => Promise.resolve('node') }),
    ],
  }
  for (const [what, [answers, act]] of Object.entries(cases)) {
    it(`is what is wrong with ${what}`, async () => {
      await expect(step([['df -Pk', '0 /var/lib/etcd\n'], ...answers], act)).rejects.toMatchObject({
        type: 'DISK_FULL',
        message: expect.stringContaining('no space left for etcd on /var/lib/etcd') as string,
      })
    })
  }
})
