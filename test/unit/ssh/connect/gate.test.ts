/** The gate: how many pass at once, in which order, and what becomes of those who give up. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Gate } from '../../../../src/ssh/connect/gate.js'

it('admits everybody in the end, and never more at once than its capacity', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 30 }),
      async (capacity, callers) => {
        const gate = new Gate(capacity)
        let inside = 0
        let most = 0
        let passed = 0
        await Promise.all(
          Array.from({ length: callers }, async () => {
            const leave = await gate.enter()
            most = Math.max(most, (inside += 1))
            await Promise.resolve()
            inside -= 1
            passed += 1
            leave()
            leave()
          }),
        )
        expect(most).toBeLessThanOrEqual(capacity)
        expect(passed).toBe(callers)
        expect(gate.idle).toBe(true)
      },
    ),
  )
})

it('admits those who wait in order of arrival', async () => {
  const gate = new Gate(1)
  const leave = await gate.enter()
  const order: number[] = []
  const waiting = [1, 2, 3].map((number) =>
    gate.enter().then((go) => {
      order.push(number)
      go()
    }),
  )
  leave()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2, 3])
})

it('forgets those who give up waiting', async () => {
  const gate = new Gate(1)
  const leave = await gate.enter()
  const controller = new AbortController()
  const impatient = gate.enter(controller.signal)
  const patient = gate.enter()
  controller.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  leave()
  const leaveToo = await patient
  leaveToo()
  expect(gate.idle).toBe(true)
})

it('does not admit a caller that has already given up', async () => {
  await expect(new Gate(1).enter(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

it('can be narrowed while in use, but never closed', async () => {
  const gate = new Gate(3)
  const leave = [await gate.enter(), await gate.enter(), await gate.enter()]
  gate.narrow(0)
  let entered = false
  const next = gate.enter().then(() => (entered = true))
  leave[0]?.()
  leave[1]?.()
  await Promise.resolve()
  expect(entered).toBe(false)
  leave[2]?.()
  await next
  expect(entered).toBe(true)
})
