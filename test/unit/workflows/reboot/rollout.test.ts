import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rollout } from '../../../../src/workflows/reboot/rollout.js'
import { aHost } from '../../../support/clusters.js'

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Hosts that reboot until they are told how it ends. */
function scene(width: number, names: readonly string[]) {
  const rollout = new Rollout(width)
  const begun: string[] = []
  const ends = new Map<string, { readonly back: () => void; readonly fail: () => void }>()
  const steps = names.map((name) => {
    const host = aHost(name)
    const attempt = () =>
      rollout.act(
        host,
        () =>
          new Promise<void>((back, fail) =>
            ends.set(name, { back, fail: () => fail(new Error('not back')) }),
          ),
      )
    let retry: () => void = () => undefined
    let leaveOut: () => void = () => undefined
    let abort: () => void = () => undefined
    const step = rollout.turn(host).then(async () => {
      begun.push(name)
      for (;;) {
        try {
          await attempt()
          return
        } catch {
          const decision = await new Promise<'retry' | 'skip' | 'abort'>((decide) => {
            retry = () => decide('retry')
            leaveOut = () => decide('skip')
            abort = () => decide('abort')
          })
          if (decision === 'skip') return
          if (decision === 'abort') throw new Error('aborted')
        }
      }
    })
    step.catch(() => undefined)
    rollout.over(host, step)
    return { step, retry: () => retry(), leaveOut: () => leaveOut(), abort: () => abort() }
  })
  const after = async (act: () => void) => {
    await settle()
    act()
    await settle()
    return [...begun]
  }
  return {
    begun,
    after,
    steps,
    back: (name: string) => ends.get(name)?.back(),
    fail: (name: string) => ends.get(name)?.fail(),
  }
}

describe('a rollout', () => {
  it('begins a host only when there is room for another one that is away', async () => {
    const { after, back } = scene(2, ['w1', 'w2', 'w3', 'w4'])
    expect(await after(() => undefined)).toEqual(['w1', 'w2'])
    expect(await after(() => back('w2'))).toEqual(['w1', 'w2', 'w3'])
  })

  it('stops where a host does not come back, and goes on once it does', async () => {
    const { after, back, fail, steps } = scene(2, ['w1', 'w2', 'w3', 'w4'])
    await after(() => fail('w1'))
    expect(await after(() => back('w2'))).toEqual(['w1', 'w2'])
    expect(await after(() => steps[0]?.retry())).toEqual(['w1', 'w2'])
    expect(await after(() => back('w1'))).toEqual(['w1', 'w2', 'w3', 'w4'])
  })

  it('goes on without a host that is left out', async () => {
    const { after, fail, steps } = scene(1, ['w1', 'w2'])
    expect(await after(() => fail('w1'))).toEqual(['w1'])
    expect(await after(() => steps[0]?.leaveOut())).toEqual(['w1', 'w2'])
  })

  it('ends for all that were not begun when it is aborted', async () => {
    const { after, fail, steps } = scene(1, ['w1', 'w2', 'w3'])
    await after(() => fail('w1'))
    await after(() => steps[0]?.abort())
    await expect(Promise.allSettled(steps.map(({ step }) => step))).resolves.toEqual(
      steps.map(() => expect.objectContaining({ status: 'rejected' }) as unknown),
    )
  })

  it('never has more hosts away than it may, in whichever order they come back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
        async (width, choices) => {
          const names = Array.from({ length: 12 }, (_, index) => `w${index}`)
          const { begun, after, back } = scene(width, names)
          await after(() => undefined)
          const returned: string[] = []
          for (const choice of choices) {
            const away = begun.filter((name) => !returned.includes(name))
            expect(away.length).toBeLessThanOrEqual(width)
            const name = away[choice % away.length] ?? ''
            returned.push(name)
            await after(() => back(name))
          }
          expect(returned).toHaveLength(12)
          expect(begun).toEqual(names)
        },
      ),
      { numRuns: 20 },
    )
  })
})
