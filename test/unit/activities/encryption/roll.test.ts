import { describe, expect, it } from 'vitest'
import { observeEncryption } from '../../../../src/activities/encryption/observe.js'
import { rollEncryption, settleEncryption } from '../../../../src/activities/encryption/roll.js'
import { configureControlPlane } from '../../../../src/activities/reconfigure/configure.js'
import { encryptionPath } from '../../../../src/configuration/encryption.js'
import { BAD, ControlPlane, KEY } from '../reconfigure/control-plane.js'

const ADDED = 'secrets=identity+secretbox-1'
const TARGET = 'secrets=secretbox-1+identity'
const PEERS = { others: [], missing: [] }

const roll = (
  layout: string,
  changes: { readonly inUse?: readonly string[]; readonly isFirst?: boolean } = {},
) => ({
  ...{ layout, target: TARGET, others: [], isFirst: true, inUse: [] },
  ...changes,
})

const ours = (host: ControlPlane) =>
  [...host.files.keys()].filter((path) => path.startsWith('/etc/kubernetes/quorate/')).sort()

describe('a control plane that gets a layout', () => {
  it('makes the key, has the file before its API server restarts, and the cluster keeps the layout', async () => {
    const host = new ControlPlane()
    expect(await observeEncryption(host.context({}), PEERS)).toBe('')
    const { changed } = await rollEncryption(host.context({}), roll(ADDED))
    expect(changed).toBe(true)
    expect(host.argumentsOf('kube-apiserver')).toEqual([
      `--encryption-provider-config=${encryptionPath(ADDED)}`,
    ])
    expect(host.files.get(encryptionPath(ADDED))).toContain(host.files.get(KEY))
    const [fileAt = 0, manifestAt = 0] = [
      encryptionPath(ADDED),
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
    ].map((path) => host.writes.indexOf(path))
    expect(fileAt).toBeLessThan(manifestAt)
    expect(host.record).toContain(encryptionPath(ADDED))
    expect(host.encryptionNote).toEqual({ layout: TARGET, isChanging: true })
    expect(await observeEncryption(host.context({}), PEERS)).toBe(ADDED)
    expect(host.backups).toEqual([])
  })

  it('keeps the key with the next layout, and only its file', async () => {
    const host = new ControlPlane()
    await rollEncryption(host.context({}), roll(ADDED))
    await rollEncryption(host.context({}), roll(TARGET, { inUse: ['secretbox-1'] }))
    expect(ours(host)).toEqual([KEY, encryptionPath(TARGET)])
    await settleEncryption(host.context({}), TARGET)
    expect(host.encryptionNote).toEqual({ layout: TARGET, isChanging: false })
  })

  it('is not touched by a second step, nor by a change of something else', async () => {
    const host = new ControlPlane()
    await rollEncryption(host.context({}), roll(TARGET))
    const before = [...host.writes]
    expect(await rollEncryption(host.context({}), roll(TARGET, { inUse: ['secretbox-1'] }))).toMatchObject({
      changed: false,
    })
    expect(host.writes).toEqual(before)
    const patches = { clusterConfiguration: { apiServer: { extraArgs: { profiling: 'false' } } } }
    await configureControlPlane(host.context(patches), { others: [], isFirst: true, names: false })
    expect(await observeEncryption(host.context({}), PEERS)).toBe(TARGET)
    expect(ours(host)).toEqual([KEY, encryptionPath(TARGET)])
    expect(host.record).toContain(encryptionPath(TARGET))
  })

  it('loses argument and file with the layout that encrypts nothing, but never the key', async () => {
    const host = new ControlPlane()
    const { record } = host
    await rollEncryption(host.context({}), roll(TARGET))
    await rollEncryption(host.context({}), roll('', { inUse: ['secretbox-1'] }))
    expect(host.argumentsOf('kube-apiserver')).toEqual([])
    expect(ours(host)).toEqual([KEY])
    expect(host.record).not.toContain('encryption')
    expect(record).not.toContain('encryption')
  })

  it('never makes a key again that API servers have', async () => {
    const host = new ControlPlane()
    await rollEncryption(host.context({}), roll(ADDED))
    host.files.delete(KEY)
    const { state } = host
    await expect(
      rollEncryption(host.context({}), roll(TARGET, { inUse: ['secretbox-1'] })),
    ).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_LOST' })
    expect(host.state).toEqual(state)
  })

  it('makes no key unless it is the first', async () => {
    const host = new ControlPlane()
    const step = rollEncryption(host.context({}), roll(ADDED, { isFirst: false }))
    await expect(step).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_LOST' })
    expect(ours(host)).toEqual([])
  })
})

describe('the layout of a control plane', () => {
  it('is not looked at while another one cannot be reached', async () => {
    const host = new ControlPlane()
    const look = observeEncryption(host.context({}), { others: [], missing: ['cp3'] })
    await expect(look).rejects.toMatchObject({
      code: 'ENCRYPTION_WAITS',
      message: expect.stringContaining('cp3') as string,
    })
  })

  it("is left alone if it is somebody else's", async () => {
    const host = new ControlPlane()
    const extraArgs = { 'encryption-provider-config': '/etc/kubernetes/enc.yaml' }
    const patches = { clusterConfiguration: { apiServer: { extraArgs } } }
    await configureControlPlane(host.context(patches), { others: [], isFirst: true, names: false })
    await expect(observeEncryption(host.context({}), PEERS)).rejects.toMatchObject({
      code: 'ENCRYPTION_WAITS',
    })
  })
})

describe('an API server that rejects a layout', () => {
  it('runs with the one before again', async () => {
    const host = new ControlPlane()
    await rollEncryption(host.context({}), roll(ADDED))
    const manifest = host.argumentsOf('kube-apiserver')
    const record = host.record
    const bad = `secrets=${BAD}-1+identity`
    host.files.set(`/etc/kubernetes/quorate/encryption-keys/${BAD}-1`, Buffer.alloc(32, 1).toString('base64'))
    await expect(rollEncryption(host.context({}), roll(bad))).rejects.toMatchObject({
      code: 'CONFIGURATION_REJECTED',
    })
    expect(host.argumentsOf('kube-apiserver')).toEqual(manifest)
    expect(host.record).toBe(record)
    expect(await observeEncryption(host.context({}), PEERS)).toBe(ADDED)
  })
})
