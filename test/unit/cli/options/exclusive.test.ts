import { describe, expect, it } from 'vitest'
import { refuseTogether } from '../../../../src/cli/options/exclusive.js'

/** What is said to options of a command that has `--dead` and `--in-place`; undefined if they are taken. */
function saidTo(options: Readonly<Record<string, unknown>>): string | undefined {
  try {
    refuseTogether(options, [['dead', 'inPlace', 'a dead machine cannot join again']])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('options that exclude each other', () => {
  it.each([
    ['yes', '--plan changes nothing, so there is nothing to say yes to'],
    ['review', '--plan changes nothing, so there is nothing to review'],
    ['attach', '--plan looks at the hosts by itself, so it cannot attach to an operation'],
    ['detach', '--plan shows its result, so it cannot be detached'],
  ])('a plan is refused with --%s, by every command', (option, message) => {
    expect(saidTo({ plan: true, [option]: true })).toBe(message)
  })

  it("the command's own pairs are refused, too", () => {
    expect(saidTo({ dead: true, inPlace: true })).toBe('a dead machine cannot join again')
  })

  it.each([{}, { plan: true }, { detach: true, yes: true }, { dead: true, plan: true }])(
    '%j is taken',
    (options) => {
      expect(saidTo(options)).toBeUndefined()
    },
  )
})
