import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common'
import { temporal } from '@temporalio/proto'
import { describe, expect, it } from 'vitest'
import { isRefused } from '../../../../src/operations/tickets.js'
import { SealCodec } from '../../../../src/temporal/seal/codec.js'
import { newKey } from '../../../../src/temporal/seal/key-file.js'
import { SealKeys } from '../../../../src/temporal/seal/keys.js'

const RUN: SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'cluster/prod' }
const STEP: SerializationContext = { ...RUN, type: 'activity', activityId: '7', isLocal: false }
const key = newKey()

const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)
/** As the SDK gives it to a codec: protobuf has its own idea of data that are empty. */
const overTheWire = (one: Payload): Payload => {
  const { Payload: message } = temporal.api.common.v1
  return message.fromObject(message.decode(message.encode(one).finish()))
}
const value = (one: Payload | undefined): unknown =>
  one === undefined ? undefined : defaultPayloadConverter.fromPayload(one)
const reason = (one: Payload | undefined): unknown => {
  const found = value(one)
  return isRefused(found) ? found.quorateRefused : 'opened'
}

describe.each([
  ['that is readable', false],
  ['that is encrypted', true],
])('a sealed payload %s', (_, encrypt) => {
  const codec = new SealCodec(SealKeys.of({ encrypt, keys: [key] }))

  it('opens to its original value, whatever that was', async () => {
    for (const one of ['text', { deep: [1, null] }, null, undefined, new Uint8Array([0, 255])]) {
      const sealed = await codec.encode([payload(one)], RUN)
      expect(value((await codec.decode(sealed.map(overTheWire), RUN))[0])).toEqual(one)
    }
  })

  it.each<[string, SerializationContext | undefined]>([
    ['another workflow', { ...RUN, workflowId: 'cluster/other' }],
    ['another namespace', { ...RUN, namespace: 'other' }],
    ['an activity', STEP],
    ['no context', undefined],
  ])('is refused for %s', async (_where, context) => {
    const sealed = await codec.encode([payload('x')], RUN)
    expect(reason((await codec.decode(sealed, context))[0])).toBe('forged')
  })

  it('of one activity is refused for another', async () => {
    const sealed = await codec.encode([payload('x')], STEP)
    const other = { ...STEP, activityId: '8' }
    expect(reason((await codec.decode(sealed, other))[0])).toBe('forged')
  })

  it('is refused if others sealed with it are missing, reordered or replaced', async () => {
    const [a, b] = await codec.encode([payload('a'), payload('b')], RUN)
    const [c, d] = await codec.encode([payload('c'), payload('d')], RUN)
    for (const list of [[a], [b], [b, a], [a, d], [a, b, c], [a, a]]) {
      const given = list.filter((one) => one !== undefined)
      const reasons = (await codec.decode(given, RUN)).map(reason)
      expect(reasons).toContain('forged')
    }
  })

  it('is refused if a single bit of its data has changed', async () => {
    const [sealed] = await codec.encode([payload({ host: 'cp1' })], RUN)
    const data = Buffer.from(sealed?.data ?? [])
    for (const at of [0, Math.floor(data.length / 2), data.length - 1]) {
      const changed = Buffer.from(data)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(reason((await codec.decode([{ ...sealed, data: changed }], RUN))[0])).toBe('forged')
    }
  })

  it('is refused with another key of the same id, and names a missing key', async () => {
    const sealed = await codec.encode([payload('x')], RUN)
    const impostor = new SealCodec(SealKeys.of({ encrypt, keys: [{ ...newKey(), id: key.id }] }))
    expect(reason((await impostor.decode(sealed, RUN))[0])).toBe('forged')
    const other = new SealCodec(SealKeys.of({ encrypt, keys: [newKey()] }))
    expect(value((await other.decode(sealed, RUN))[0])).toEqual({ quorateRefused: 'key', key: key.id })
  })

  it('opens with an old key that is no longer the first one', async () => {
    const sealed = await codec.encode([payload('x')], RUN)
    const rotated = new SealCodec(SealKeys.of({ encrypt: !encrypt, keys: [newKey(), key] }))
    expect(value((await rotated.decode(sealed, RUN))[0])).toBe('x')
  })

  it('names the run and activity whose result it is', async () => {
    const current = { run: '01a2', name: 'prepareHost' }
    const inActivity = new SealCodec(SealKeys.of({ encrypt, keys: [key] }), () => current)
    const sealed = await inActivity.encode([payload({ changed: true })], STEP)
    expect(value((await codec.decode(sealed, STEP))[0])).toEqual({
      quorateResult: current,
      value: { changed: true },
    })
  })
})

describe('a payload without a seal', () => {
  it.each([
    ['none', {}],
    ['an empty one', { seal: Buffer.from('') }],
    ['one in a later format', { seal: Buffer.from('2.a.b.0.1..c') }],
  ])('is refused without an exception, whatever stands in for the seal: %s', async (_, metadata) => {
    const codec = new SealCodec(SealKeys.of({ encrypt: false, keys: [key] }))
    const one = { ...payload('x'), metadata: { ...payload('x').metadata, ...metadata } }
    expect(reason((await codec.decode([one], RUN))[0])).toBe('unsealed')
  })
})

describe('the readable part of a sealed payload', () => {
  it("keeps encoding and data unchanged for Temporal's UI, and adds little", async () => {
    const codec = new SealCodec(SealKeys.of({ encrypt: false, keys: [key] }))
    const [sealed] = await codec.encode([payload({ host: 'cp1' })], RUN)
    expect(sealed).toMatchObject(payload({ host: 'cp1' }))
    expect(sealed?.metadata?.['seal']?.length).toBeLessThan(120)
  })

  it('contains none of the data if it is encrypted', async () => {
    const codec = new SealCodec(SealKeys.of({ encrypt: true, keys: [key] }))
    const [sealed] = await codec.encode([payload({ host: 'canary' })], RUN)
    const all = Buffer.concat([...Object.values(sealed?.metadata ?? {}), sealed?.data ?? new Uint8Array()])
    expect(all.includes('canary')).toBe(false)
    expect(Object.keys(sealed?.metadata ?? {})).toEqual(['encoding', 'seal', 'seal-context'])
  })
})
