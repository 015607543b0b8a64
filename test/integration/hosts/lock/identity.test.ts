/** What a host must be before it is locked: the machine that the operation knows, and of no other cluster. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { hashCaCertificate } from '../../../../src/hosts/system/pki.js'
import { CA, OTHER_CA } from '../../../support/certificates.js'
import { EARLIER, LockScene } from './lock-scene.js'

const scene = LockScene.forEachTest()

describe('a host that is about to be locked', () => {
  const certificate = () => join(scene.machine.folder, 'kubernetes', 'pki', 'ca.crt')
  function hasCa(text: string): void {
    mkdirSync(join(scene.machine.folder, 'kubernetes', 'pki'), { recursive: true })
    writeFileSync(certificate(), text)
  }
  const untouched = () => !existsSync(join(scene.machine.folder, 'state', 'lock'))

  it('must be the machine that the operation knows', async () => {
    writeFileSync(join(scene.machine.folder, 'machine-id'), 'b1946ac92492d2347c6235b4d2611184\n')
    await scene.alice().lock({ ...scene.host, machineId: 'b1946ac92492d2347c6235b4d2611184' })
    await scene.alice().release()
    await expect(
      scene.alice().lock({ ...scene.host, machineId: '591785b794601e212b260e25925636fd' }),
    ).rejects.toMatchObject({
      type: 'HOST_CHANGED',
      nonRetryable: true,
      message: expect.stringContaining('b1946ac92492d2347c6235b4d2611184') as string,
    })
    expect(untouched()).toBe(true)
  })

  it('must not have the CA of another cluster', async () => {
    hasCa(OTHER_CA)
    const operation = scene.alice(EARLIER, { caHash: hashCaCertificate(CA) })
    await expect(operation.lock()).rejects.toMatchObject({ type: 'FOREIGN_CLUSTER', nonRetryable: true })
    expect(untouched()).toBe(true)
    hasCa(CA)
    await operation.lock()
    await operation.lock()
  })

  it('can have no CA yet, or a truncated one after a power cut', async () => {
    const operation = scene.alice(EARLIER, { caHash: hashCaCertificate(CA) })
    await operation.lock()
    hasCa('')
    await operation.lock()
    rmSync(certificate())
    await operation.lock()
  })

  it('must not be claimed by another cluster', async () => {
    mkdirSync(join(scene.machine.folder, 'state'))
    writeFileSync(join(scene.machine.folder, 'state', 'cluster'), 'staging\n')
    const failure = await scene
      .alice()
      .lock()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({
      type: 'FOREIGN_CLUSTER',
      message: 'host1: the host is claimed by the cluster staging',
    })
    expect(untouched()).toBe(true)
  })
})
