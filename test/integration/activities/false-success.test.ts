import { describe, expect, it } from 'vitest'
import { configureContainerd } from '../../../src/hosts/containerd/configure.js'
import { initControlPlane, joinObstacle } from '../../../src/activities/init-control-plane.js'
import { undoJoin } from '../../../src/activities/undo-join.js'
import { pullImages } from '../../../src/hosts/containerd/images.js'
import { waitForNode } from '../../../src/activities/join.js'
import { localApi } from '../../../src/hosts/kubernetes/cluster-api.js'
import { installPackages } from '../../../src/hosts/packages/install.js'
import type { Patience } from '../../../src/hosts/timeouts.js'
import { prepareHost } from '../../../src/activities/prepare-host.js'
import type { HostContext } from '../../../src/hosts/context.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { FOUNDED_ETCD } from '../../support/founded-etcd.js'
import { scriptedPool, scriptedSession, type Answers } from '../../support/scripted-session.js'

const IMPATIENT: Patience = { components: 1, etcd: 1, node: 1, runtime: 1 }

/** A step on a host that answers so; the first of two answers to the same command counts. */
function step<Result>(
  name: string,
  answers: Answers,
  act: (context: HostContext) => Promise<Result>,
  unitState: 'ended' | 'absent' = 'ended',
): Promise<Result> {
  const hosts = scriptedPool(answers, unitState)
  return activity(() =>
    onHost(hosts, aCluster(), aHost(name), (context) => act({ ...context, patience: IMPATIENT })),
  )
}

const IMAGES = ['registry.k8s.io/kube-proxy:v1.36.3', 'registry.k8s.io/pause:3.10']
/** What else each node of the cluster needs. */
const POD_NETWORK = ['flannel:1', 'flannel-cni:1']
const SANDBOX = 'registry.k8s.io/pause:3.10.2'

/** What a host that is prepared well answers. */
const PREPARED: Answers = [
  ['dpkg-query', 'installed kubeadm 1.36.3-1.1\ninstalled containerd 1.6\n'],
  ['containerd --version', 'containerd github.com/containerd/containerd v1.7.1 x'],
]

describe('a host counts as prepared only', () => {
  const cases: Record<string, readonly [Answers, (context: HostContext) => Promise<unknown>, string]> = {
    'with its packages in the wanted version': [
      [['dpkg-query', 'installed kubeadm 1.35.0-1.1\n']],
      (context) =>
        installPackages(context, { unit: 'install', packages: [{ name: 'kubeadm', version: '1.36.3-*' }] }),
      'PACKAGES_FAILED',
    ],
    'with a containerd that answers': [
      [['crictl info', 1], ...PREPARED],
      (context) => configureContainerd(context),
      'SERVICE_NOT_RUNNING',
    ],
    'with a containerd that it knows': [
      [['containerd --version', 'containerd v3.0.0']],
      (context) => configureContainerd(context),
      'HOST_NOT_PREPARED',
    ],
    'with its images there after they were pulled': [
      [['crictl images', '{"images":[]}']],
      (context) => pullImages(context, IMAGES),
      'IMAGES_FAILED',
    ],
    'with its kernel modules': [
      [['bridge-nf-call-iptables', 1], ['proc/swaps', 0], ...PREPARED],
      prepareHost,
      'KERNEL_NOT_PREPARED',
    ],
    'without swap': [[['proc/swaps', 1], ...PREPARED], prepareHost, 'KERNEL_NOT_PREPARED'],
  }
  for (const [what, [answers, act, code]] of Object.entries(cases)) {
    it(what, async () => {
      await expect(step('w1', answers, act)).rejects.toMatchObject({
        type: code,
        details: [{ code, host: 'w1' }],
      })
    })
  }
})

describe('images count as pulled', () => {
  it('only by their own pull, not by one for other images whose worker died', async () => {
    const looks: number[] = []
    const wanted = JSON.stringify({ images: [{ repoTags: [...IMAGES, ...POD_NETWORK, SANDBOX] }] })
    // The unit that is found first was for other images; only what is pulled after it is there.
    const images = () => (looks.push(1) < 3 ? '{"images":[]}' : wanted)
    const pulled = step('w1', [['crictl images', images]], (context) => pullImages(context, IMAGES))
    await expect(pulled).resolves.toBe(true)
    expect(looks).toHaveLength(3)
  })
})

const MEMBER = (state: string, learner: boolean) =>
  `1d02, ${state}, cp2, https://192.0.2.12:2380, https://192.0.2.12:2379, ${String(learner)}\n`
/** A ConfigMap or the like; its content does not matter. */
const STORED = JSON.stringify({ metadata: { name: 'stored' } })
const MARKED = JSON.stringify({
  metadata: { name: 'cp2', labels: { 'node-role.kubernetes.io/control-plane': '' } },
  status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'True' }] },
})
const UNMARKED = JSON.stringify({
  metadata: { name: 'cp2', labels: {} },
  status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'False' }] },
})

/** What is asked of a control plane that has joined. */
const JOINED: Answers = [
  ['member list', MEMBER('started', false)],
  ['/readyz', 'ok'],
  ['GET /api/v1/nodes/', MARKED],
]

describe('a control plane counts as joined only', () => {
  const obstacle = (answers: Answers) => {
    const session = scriptedSession(aHost('cp2'), answers)
    return joinObstacle({ cluster: aCluster() }, session.host, localApi(aCluster(), session), session)
  }
  const cases: Record<string, readonly [Answers, string | undefined]> = {
    'with everything in place': [[], undefined],
    'with a member': [[['member list', '']], 'its etcd member is missing'],
    'with a member that has started': [
      [['member list', MEMBER('unstarted', true)]],
      'its etcd member has not started',
    ],
    'with a member that votes': [
      [['member list', MEMBER('started', true)]],
      'its etcd member is still a learner',
    ],
    'with an API server that is ready': [[['/readyz', 500]], 'its API server is not ready'],
    'with its node marked': [
      [['GET /api/v1/nodes/', UNMARKED]],
      'its node is not registered as control plane',
    ],
  }
  for (const [what, [answers, reason]] of Object.entries(cases)) {
    it(what, async () => expect(await obstacle([...answers, ...JOINED])).toBe(reason))
  }
})

describe('a worker counts as joined only', () => {
  const NODE: Answers = [
    ['is-active', 0],
    ['GET /api/v1/nodes/', MARKED],
  ]
  const join = (answers: Answers) =>
    step('w1', [...answers, ...NODE], (context) =>
      waitForNode(context, localApi(context.cluster, context.session)),
    )
  const cases: Record<string, Answers> = {
    'with a kubelet that runs': [['is-active', 3]],
    'with a node': [['GET /api/v1/nodes/', '']],
    'with a node that is Ready': [['GET /api/v1/nodes/', UNMARKED]],
  }
  it('with everything in place', async () => {
    await join([])
  })
  for (const [what, answers] of Object.entries(cases)) {
    it(what, async () => {
      await expect(join(answers)).rejects.toMatchObject({
        type: 'NODE_NOT_READY',
        nonRetryable: true,
        details: [{ host: 'w1' }],
      })
    })
  }
})

describe('a cluster counts as initialised only', () => {
  const INITIALISED: Answers = [
    ['kubelet.conf', 'admin.conf\nkubelet.conf\netcd-data\n'],
    ['/readyz', 'ok'],
    [/configmaps\/kube/, STORED],
    ['GET /api/v1/nodes/', MARKED],
  ]
  const init = (answers: Answers) =>
    step('cp1', [...answers, ...INITIALISED, ...FOUNDED_ETCD], initControlPlane)
  const cases: Record<string, Answers> = {
    'with admin.conf': [['kubelet.conf', 'kubelet.conf\n']],
    'with an API server that is ready': [['/readyz', 500]],
    'with its configuration and addons stored': [['configmaps/kubeadm-config', 404]],
    'with its node marked': [['GET /api/v1/nodes/', UNMARKED]],
  }
  it('with everything in place', async () => {
    expect((await init([])).changed).toBe(true)
  })
  for (const [what, answers] of Object.entries(cases)) {
    it(what, async () => {
      await expect(init(answers)).rejects.toMatchObject({
        type: 'CONTROL_PLANE_NOT_READY',
        nonRetryable: true,
        details: [{ host: 'cp1' }],
      })
    })
  }
})

describe('the token that kubeadm init creates', () => {
  const WHOLE: Answers = [
    ['kubelet.conf', 'admin.conf\nkubelet.conf\netcd-data\n'],
    ['/readyz', 'ok'],
    [/configmaps\/kube/, STORED],
    ['GET /api/v1/nodes/', MARKED],
  ]
  const revoked = async (answers: Answers, unitState: 'ended' | 'absent'): Promise<number> => {
    let count = 0
    const revoke = () => {
      count += 1
      return ''
    }
    await step(
      'cp1',
      [[/DELETE .*secrets\/bootstrap-token-[a-z0-9]{6}$/, revoke], ...answers, ...WHOLE, ...FOUNDED_ETCD],
      initControlPlane,
      unitState,
    )
    return count
  }

  it('is revoked once the cluster is initialised, by whichever attempt sees it', async () => {
    expect(await revoked([], 'ended')).toBe(1)
    expect(await revoked([], 'absent')).toBe(1)
  })

  it('is not looked for later', async () => {
    const initialised = 'admin.conf\nkubelet.conf\netcd-data\ninitialised\n'
    expect(await revoked([['kubelet.conf', initialised]], 'absent')).toBe(0)
  })
})

describe('a cluster is not initialised', () => {
  /** What is found on cp1 before any unit of this operation ran. */
  const init = (answers: Answers) => step('cp1', answers, initControlPlane, 'absent')

  it('if there was one and its data is gone', async () => {
    const found = init([
      ['kubelet.conf', 'admin.conf\ninitialised\nmanifests\n'],
      ['/readyz', 500],
    ])
    await expect(found).rejects.toMatchObject({ type: 'ETCD_DATA_LOST', nonRetryable: true })
  })

  it('and etcd on an empty folder does not count as the old one', async () => {
    const found = init([
      ['kubelet.conf', 'admin.conf\ninitialised\nmanifests\netcd-data\n'],
      ['/readyz', 'ok'],
      ['configmaps/kubeadm-config', 404],
      ['GET /api/v1/nodes/', MARKED],
    ])
    await expect(found).rejects.toMatchObject({ type: 'ETCD_DATA_LOST', nonRetryable: true })
  })

  it('if there is data that no init of ours made, even if nothing answers', async () => {
    const found = init([
      ['kubelet.conf', 'admin.conf\nmanifests\netcd-data\n'],
      ['/readyz', 500],
    ])
    await expect(found).rejects.toMatchObject({ type: 'CONTROL_PLANE_NOT_READY', nonRetryable: true })
  })

  it('if kubeadm was run by hand', async () => {
    const found = init([
      ['kubelet.conf', 'admin.conf\nmanifests\n'],
      ['/readyz', 500],
    ])
    await expect(found).rejects.toMatchObject({ type: 'CLUSTER_EXISTS', nonRetryable: true })
  })
})

describe('a control plane is not undone', () => {
  it('while its etcd serves a cluster of its own', async () => {
    const traces = { host: new Set(['etcd-data', 'manifests'] as const), member: undefined, node: undefined }
    const undo = step('cp2', JOINED, (context) =>
      undoJoin(context, localApi(context.cluster, context.session), traces),
    )
    await expect(undo).rejects.toMatchObject({ type: 'CLUSTER_EXISTS', nonRetryable: true })
  })
})
