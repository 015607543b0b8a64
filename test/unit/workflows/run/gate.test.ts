import { describe, expect, it } from 'vitest'
import { Gate } from '../../../../src/workflows/run/gate.js'

const NEVER = () => new Promise<void>(() => undefined)

/** Something that runs until it is let go. */
function held() {
  let letGo: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (letGo = resolve))
  return { ended, letGo }
}

/** All that is ready to go on does. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the gate before steps', () => {
  it('starts no more at once than its width, in order', async () => {
    const gate = new Gate(2, NEVER)
    const begun: number[] = []
    const steps = [0, 1, 2, 3].map(() => held())
    const passed = steps.map(({ ended }, index) =>
      gate.pass(() => {
        begun.push(index)
        return ended
      }),
    )
    await turn()
    expect(begun).toEqual([0, 1])
    steps[1]?.letGo()
    await turn()
    expect(begun).toEqual([0, 1, 2])
    steps.forEach(({ letGo }) => letGo())
    await Promise.all(passed)
    expect(begun).toEqual([0, 1, 2, 3])
  })

  it('lets others pass slow ones', async () => {
    const slow = held()
    const gate = new Gate(2, () => slow.ended)
    const forEver = held()
    void gate.pass(() => forEver.ended)
    void gate.pass(() => forEver.ended)
    const third = gate.pass(() => Promise.resolve('through'))
    slow.letGo()
    expect(await third).toBe('through')
  })

  it('is left by failing steps, too', async () => {
    const gate = new Gate(1, NEVER)
    await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await gate.pass(() => Promise.resolve('through'))).toBe('through')
  })
})
