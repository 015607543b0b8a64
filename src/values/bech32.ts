/** Bech32 (BIP 173, without its limit of length): how age writes keys. The checksum finds what was mistyped. */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM_LENGTH = 6

/** What a text in lower case says: its prefix, and how many bytes follow it; undefined if it is mistyped. */
export function parseBech32(
  text: string,
): { readonly prefix: string; readonly byteLength: number } | undefined {
  const end = text.lastIndexOf('1')
  const prefix = text.slice(0, end)
  const values = Array.from(text.slice(end + 1), (letter) => ALPHABET.indexOf(letter))
  if (end < 1 || values.length < CHECKSUM_LENGTH || values.includes(-1)) return undefined
  if (!/^[!-~]+$/.test(prefix) || text !== text.toLowerCase()) return undefined
  const letters = Array.from(prefix, (letter) => letter.charCodeAt(0))
  const expanded = [...letters.map((code) => code >> 5), 0, ...letters.map((code) => code & 31)]
  if (checksum([...expanded, ...values]) !== 1) return undefined
  return { prefix, byteLength: Math.floor(((values.length - CHECKSUM_LENGTH) * 5) / 8) }
}

function checksum(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const top = sum >>> 25
    const next = ((sum & 0x1ffffff) << 5) ^ value
    return GENERATORS.reduce((mixed, generator, bit) => ((top >> bit) & 1 ? mixed ^ generator : mixed), next)
  }, 1)
}
