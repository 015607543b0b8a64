/** Patterns of ssh_config(5) and known_hosts: `*`, `?` and negation; brackets are literal, unlike a shell's. */

/** Whether a text matches a pattern. Linear except for the last `*`. */
export function patternMatches(pattern: string, text: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < text.length) {
    if (pattern[p] === '*') {
      star = p
      resume = n
      p += 1
    } else if (pattern[p] === '?' || pattern[p] === text[n]) {
      p += 1
      n += 1
    } else if (star >= 0) {
      p = star + 1
      resume += 1
      n = resume
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}

/** Whether one of the patterns matches and none that is negated does. */
export function anyPatternMatches(patterns: readonly string[], text: string): boolean {
  let matched = false
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!')
    if (!patternMatches(negated ? pattern.slice(1) : pattern, text)) continue
    if (negated) return false
    matched = true
  }
  return matched
}
