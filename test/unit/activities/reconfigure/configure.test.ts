import { describe, expect, it } from 'vitest'
import {
  configureControlPlane,
  settleConfiguration,
} from '../../../../src/activities/reconfigure/configure.js'
import { auditPolicyPath } from '../../../../src/configuration/audit.js'
import type { KubeadmPatches } from '../../../../src/cluster/model.js'
import { BAD, ControlPlane, SLOW } from './control-plane.js'

const FIRST = { others: [], isFirst: true, names: false }
const FOLLOWING = { others: [], isFirst: false, names: false }

/** A file with arguments of the API server, the scheduler and etcd. */
function file(
  server: Readonly<Record<string, string>>,
  scheduler: Readonly<Record<string, string>> = {},
  etcd: Readonly<Record<string, string>> = {},
): Partial<KubeadmPatches> {
  return {
    clusterConfiguration: {
      apiServer: { extraArgs: server },
      scheduler: { extraArgs: scheduler },
      etcd: { local: { extraArgs: etcd } },
    },
  }
}

const GOOD = file({ profiling: 'false' }, { v: '4' }, { 'snapshot-count': '20000' })

/** A step that never comes back, as in a worker that was killed: what it has done until the condition stays. */
async function killed(host: ControlPlane, patches: Partial<KubeadmPatches>, isReached: () => boolean) {
  const step = configureControlPlane(host.context(patches), FIRST).catch(() => undefined)
  await expect.poll(isReached, { timeout: 5_000, interval: 5 }).toBe(true)
  const [files, maps] = [new Map(host.files), new Map(host.maps)]
  const left = new ControlPlane()
  left.files.clear()
  for (const [path, text] of files) left.files.set(path, text)
  for (const [name, map] of maps) left.maps.set(name, map)
  host.cancel()
  await step
  return left
}

describe('the first control plane', () => {
  it('gets the arguments, the cluster keeps them, and nothing is left of the way there', async () => {
    const host = new ControlPlane()
    const { summary } = await configureControlPlane(host.context(GOOD), FIRST)
    expect(summary).toBe('etcd, kube-apiserver, kube-scheduler, ClusterConfiguration')
    expect(host.argumentsOf('kube-scheduler')).toEqual(['--v=4'])
    expect(host.record).toContain('snapshot-count')
    expect(host.note).toMatchObject({ isChanging: true })
    expect(host.backups).toEqual([])
  })

  it('is not touched by a second step', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context(GOOD), FIRST)
    await settleConfiguration(host.context(GOOD), true)
    const written = [...host.writes]
    const { changed } = await configureControlPlane(host.context(GOOD), FOLLOWING)
    expect(changed).toBe(false)
    expect(host.writes).toEqual(written)
    expect(host.note).toMatchObject({ isChanging: false })
  })

  it('goes back to what it had when a component rejects an argument, and says its last words', async () => {
    const host = new ControlPlane()
    const [state, record] = [host.state, host.record]
    const step = configureControlPlane(host.context(file({ profiling: 'false' }, { [BAD]: 'true' })), FIRST)
    await expect(step).rejects.toMatchObject({
      code: 'CONFIGURATION_REJECTED',
      message: expect.stringContaining('unknown flag: --no-such-argument') as string,
    })
    expect(host.state).toEqual(state)
    expect(host.record).toBe(record)
    expect(host.note).toBeUndefined()
    expect(host.backups).toEqual([])
  })

  it('goes back when a component does not become healthy in time', async () => {
    const host = new ControlPlane()
    const { state } = host
    const step = configureControlPlane(host.context(file({}, {}, { [SLOW]: '1' })), FIRST)
    await expect(step).rejects.toMatchObject({ code: 'CONFIGURATION_REJECTED' })
    expect(host.state).toEqual(state)
  })

  it('keeps what it had before a change of which only a part is rejected', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context(GOOD), FIRST)
    await settleConfiguration(host.context(GOOD), true)
    const { state, note } = host
    const worse = file({ profiling: 'true' }, { [BAD]: '1' })
    await expect(configureControlPlane(host.context(worse), FIRST)).rejects.toThrow()
    expect(host.state).toEqual(state)
    expect(host.note).toEqual(note)
  })

  it('changes nothing while another member of etcd is down', async () => {
    const host = new ControlPlane()
    host.areOthersHealthy = false
    const { state } = host
    await expect(configureControlPlane(host.context(GOOD), FIRST)).rejects.toMatchObject({
      code: 'ETCD_UNHEALTHY',
    })
    expect(host.state).toEqual(state)
    host.areOthersHealthy = true
    await configureControlPlane(host.context(GOOD), FIRST)
    expect(host.argumentsOf('etcd')).toEqual(['--snapshot-count=20000'])
  })

  it('gives a kubelet that keeps ending its old file again', async () => {
    const host = new ControlPlane()
    const { state } = host
    const step = configureControlPlane(host.context({ kubeletConfiguration: { maxPods: -1 } }), FIRST)
    await expect(step).rejects.toMatchObject({ code: 'CONFIGURATION_REJECTED' })
    expect(host.state).toEqual(state)
  })
})

describe('an audit policy', () => {
  const policy = (letter: string) => ({ digest: letter.repeat(64), content: `policy ${letter}` })
  const [first, second] = [policy('1'), policy('2')]
  const policies = (host: ControlPlane) =>
    Object.fromEntries([...host.files].filter(([path]) => path.startsWith('/etc/kubernetes/quorate/')))

  it('is on the host before its API server is told about it', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context({}, first), FIRST)
    expect(host.argumentsOf('kube-apiserver')).toContain(`--audit-policy-file=${auditPolicyPath(first)}`)
    expect(policies(host)).toEqual({ [auditPolicyPath(first)]: 'policy 1' })
    const [policyAt, manifestAt] = [
      auditPolicyPath(first),
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
    ].map((path) => host.writes.indexOf(path))
    expect(policyAt).toBeLessThan(manifestAt ?? 0)
  })

  it('takes the place of another one', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context({}, first), FIRST)
    await configureControlPlane(host.context({}, second), FIRST)
    expect(host.argumentsOf('kube-apiserver')).toContain(`--audit-policy-file=${auditPolicyPath(second)}`)
    expect(policies(host)).toEqual({ [auditPolicyPath(second)]: 'policy 2' })
  })

  it('goes when the file no longer has it', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context({}, first), FIRST)
    await configureControlPlane(host.context({}), FIRST)
    expect(host.argumentsOf('kube-apiserver')).toEqual([])
    expect(policies(host)).toEqual({})
  })

  it('stays what it was if the API server rejects another one with its arguments', async () => {
    const host = new ControlPlane()
    await configureControlPlane(host.context({}, first), FIRST)
    const step = configureControlPlane(host.context(file({ [BAD]: 'true' }), second), FIRST)
    await expect(step).rejects.toMatchObject({ code: 'CONFIGURATION_REJECTED' })
    expect(host.argumentsOf('kube-apiserver')).toContain(`--audit-policy-file=${auditPolicyPath(first)}`)
    expect(policies(host)).toHaveProperty([auditPolicyPath(first)], 'policy 1')
  })
})

describe('a step that was killed in the middle', () => {
  const BROKEN = file({ profiling: 'false' }, { [BAD]: 'true' })
  const isBroken = (host: ControlPlane) => () => host.argumentsOf('kube-scheduler').includes(`--${BAD}=true`)

  it('is completed by the next attempt', async () => {
    const host = new ControlPlane()
    const left = await killed(host, GOOD, () => host.argumentsOf('kube-apiserver').length > 0)
    await configureControlPlane(left.context(GOOD), FIRST)
    expect(left.argumentsOf('kube-scheduler')).toEqual(['--v=4'])
    expect(left.backups).toEqual([])
  })

  it('is taken back by the next attempt if a component rejects it', async () => {
    const host = new ControlPlane()
    const { state } = host
    const left = await killed(host, BROKEN, isBroken(host))
    await expect(configureControlPlane(left.context(BROKEN), FIRST)).rejects.toThrow()
    expect(left.state).toEqual(state)
  })

  it('is no obstacle to a corrected file', async () => {
    const host = new ControlPlane()
    const left = await killed(host, BROKEN, isBroken(host))
    await configureControlPlane(left.context(file({ profiling: 'true' }, { v: '2' })), FIRST)
    expect(left.argumentsOf('kube-scheduler')).toEqual(['--v=2'])
    expect(left.argumentsOf('kube-apiserver')).toEqual(['--profiling=true'])
    expect(left.record).not.toContain(BAD)
    expect(left.backups).toEqual([])
  })

  it('leaves nothing of itself if the file is as before', async () => {
    const host = new ControlPlane()
    const { state, record } = host
    const left = await killed(host, BROKEN, isBroken(host))
    await configureControlPlane(left.context({}), FIRST)
    expect(left.state).toEqual(state)
    expect(left.record).toBe(record)
  })
})

describe('a step that is cancelled', () => {
  it('gives the component it was at its old manifest', async () => {
    const host = new ControlPlane()
    const { state } = host
    const step = configureControlPlane(host.context(file({}, {}, { [SLOW]: '1' })), FIRST)
    step.catch(() => undefined)
    await expect.poll(() => host.argumentsOf('etcd').length, { timeout: 5_000 }).toBe(1)
    host.cancel()
    await expect(step).rejects.toThrow(/abort/)
    expect(host.state).toEqual(state)
  })
})
