/**
 * What an output stream can show: colours depend on the user's choice and the stream's own terminal, symbols on the
 * locale.
 */
import type { Abilities } from './output/terminal-text.js'

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const
/** The option `--color`. */
export type ColourChoice = (typeof COLOUR_CHOICES)[number]

/** The colour choice on a command line, even if that is not parsed yet or cannot be parsed. */
export function colourChoiceIn(argv: readonly string[]): ColourChoice {
  const after = argv[argv.lastIndexOf('--color') + 1]
  const words = argv.flatMap((word) => {
    if (word === '--no-color') return 'never'
    if (word === '--color') return after ?? []
    return word.startsWith('--color=') ? word.slice('--color='.length) : []
  })
  return COLOUR_CHOICES.find((choice) => choice === words.at(-1)) ?? 'auto'
}

type Variables = Readonly<Record<string, string | undefined>>

/** What is known of a stream. */
interface Stream {
  readonly isTTY?: boolean | undefined
}

/** The abilities of a stream. Each has its own: `2> errors.log` leaves standard output its colours. */
export function abilitiesOf(stream: Stream, choice: ColourChoice, variables: Variables): Abilities {
  const isTerminal = stream.isTTY === true
  return { colours: hasColours(isTerminal, choice, variables), symbols: hasSymbols(isTerminal, variables) }
}

/** Follows https://no-color.org and https://force-color.org, and otherwise whether there is a terminal. */
function hasColours(isTerminal: boolean, choice: ColourChoice, variables: Variables): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { NO_COLOR, FORCE_COLOR, TERM } = variables
  if (isSet(NO_COLOR)) return false
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTerminal && TERM !== 'dumb'
}

/** Terminals that can show hardly more than ASCII, because of their font or by nature. */
const POOR_TERMINALS: readonly (string | undefined)[] = ['linux', 'dumb']

/** An unset locale says nothing: containers have none, and their terminals show everything. */
function hasSymbols(isTerminal: boolean, { LC_ALL, LC_CTYPE, LANG, TERM }: Variables): boolean {
  if (isTerminal && POOR_TERMINALS.includes(TERM)) return false
  const locale = [LC_ALL, LC_CTYPE, LANG].find(isSet)
  return locale === undefined || /utf-?8/i.test(locale)
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
