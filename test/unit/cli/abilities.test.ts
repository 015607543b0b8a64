import { describe, expect, it } from 'vitest'
import { abilitiesOf, colourChoiceIn } from '../../../src/cli/abilities.js'

const TERMINAL = { isTTY: true }
const PIPE = { isTTY: undefined }

describe('colours', () => {
  it.each([
    ['on a terminal', TERMINAL, 'auto', {}, true],
    ['not in a pipe', PIPE, 'auto', {}, false],
    ['not in a pipe of a CI job', PIPE, 'auto', { CI: '1' }, false],
    ['not with NO_COLOR', TERMINAL, 'auto', { NO_COLOR: '1' }, false],
    ['if NO_COLOR is set but empty', TERMINAL, 'auto', { NO_COLOR: '' }, true],
    ['not with FORCE_COLOR=0', TERMINAL, 'auto', { FORCE_COLOR: '0' }, false],
    ['not in a pipe with FORCE_COLOR=0', PIPE, 'auto', { FORCE_COLOR: '0' }, false],
    ['in a pipe with FORCE_COLOR=1', PIPE, 'auto', { FORCE_COLOR: '1' }, true],
    ['not on a dumb terminal', TERMINAL, 'auto', { TERM: 'dumb' }, false],
    ['in a pipe with --color always, whatever the environment says', PIPE, 'always', { NO_COLOR: '1' }, true],
    ['not on a terminal with --color never', TERMINAL, 'never', { FORCE_COLOR: '1' }, false],
  ] as const)(
    'depend on the stream, the option and the environment: %s',
    (_when, stream, choice, variables, expected) => {
      expect(abilitiesOf(stream, choice, variables).colours).toBe(expected)
    },
  )

  it.each([
    [[], 'auto'],
    [['plan', '--color', 'always'], 'always'],
    [['--color=never', 'plan'], 'never'],
    [['--no-color'], 'never'],
    [['--color=never', '--color', 'always'], 'always'],
    [['--color'], 'auto'],
    [['--color', 'loud'], 'auto'],
  ] as const)('for the arguments %j are %s', (argv, choice) => {
    expect(colourChoiceIn(argv)).toBe(choice)
  })
})

describe('symbols beyond ASCII', () => {
  it.each([
    ['in a UTF-8 locale', TERMINAL, { LANG: 'de_DE.UTF-8', TERM: 'xterm-256color' }, true],
    ['in C.UTF-8', PIPE, { LC_ALL: 'C.utf8' }, true],
    ['if no locale is set', TERMINAL, { TERM: 'xterm' }, true],
    ['not in the locale C', TERMINAL, { LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    ['not in the locale C, in a pipe', PIPE, { LC_ALL: 'C' }, false],
    ['not in a locale with another encoding', TERMINAL, { LC_CTYPE: 'ja_JP.eucJP' }, false],
    ['not on the Linux console', TERMINAL, { TERM: 'linux', LANG: 'C.UTF-8' }, false],
    ['not on a dumb terminal', TERMINAL, { TERM: 'dumb' }, false],
    ['in a pipe, whatever the terminal', PIPE, { TERM: 'linux' }, true],
  ] as const)('depend on the locale and the terminal: %s', (_when, stream, variables, expected) => {
    expect(abilitiesOf(stream, 'auto', variables).symbols).toBe(expected)
  })
})
