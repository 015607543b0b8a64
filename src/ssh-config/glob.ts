/** Matches file names against shell patterns as in glob(7): `*`, `?` and brackets. `Host` patterns have no brackets. */

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
  space: '\\s',
  punct: '!-/:-@\\[-`{-~',
}

/** Whether a part of a path is a pattern, rather than a name. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text)
}

/** Whether a file name matches the pattern. A name that begins with a dot matches only a pattern that also does. */
export function globMatches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  return expressionOf(pattern).test(name)
}

/** Stands for a star until the whole pattern is read; no file name contains it. */
const STAR = '\0'

function expressionOf(pattern: string): RegExp {
  const bracket = String.raw`\[([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]`
  const part = new RegExp(String.raw`\\(.)|(\*)|(\?)|${bracket}|([^])`, 'g')
  const source = pattern.replace(
    part,
    (whole, escaped?: string, star?: string, question?: string, negation?: string, set?: string) => {
      if (escaped !== undefined) return literal(escaped)
      if (star !== undefined) return STAR
      if (question !== undefined) return '.'
      if (set === undefined || set === '') return literal(whole)
      return `[${negation === '' ? '' : '^'}${setOf(set)}]`
    },
  )
  const [first = '', ...others] = source.split(STAR)
  const last = others.pop()
  if (last === undefined) return new RegExp(`^${first}$`, 's')
  // The text between two stars is matched where it first occurs and never searched for again: nothing is tried twice.
  const between = others.map((each, index) => `(?=(.*?${each}))\\${index + 1}`).join('')
  return new RegExp(`^${first}${between}.*${last}$`, 's')
}

function setOf(set: string): string {
  return set.replace(/\[:([a-z]+):\]|([\\\]^[])/g, (_whole, name?: string, special?: string) =>
    name === undefined ? `\\${special ?? ''}` : (CLASSES[name] ?? ''),
  )
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
