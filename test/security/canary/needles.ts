/** A secret in every form in which it could be found again. */

/** Fewer characters would be found by chance. */
const SHORTEST = 8

/** The secret as it is, in base64 at each alignment, in hexadecimal digits, and as URLs and JSON have it. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((before) => encoded(bytes, before)),
  ]
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST)
}

/** Without the characters that what stands before and after has a part in. */
function encoded(bytes: Buffer, before: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const inner = text.slice(before === 0 ? 0 : before + 1, -1)
  return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
}

/** Which of the secrets, by their names, are in the text in whatever form. */
export function secretsIn(text: string, secrets: ReadonlyMap<string, string>): readonly string[] {
  return [...secrets]
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name)
}
