/** What a secret looks like, as data, wherever plain data is checked or shown. */

/** Names of fields whose texts are secrets, in lowercase without dashes and underscores. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'passwd',
  'passphrase',
  'auth',
  'authpass',
  'authorization',
  'identitytoken',
  'registrytoken',
  'bearertoken',
  'accesstoken',
  'refreshtoken',
  'token',
  'tlsbootstraptoken',
  'certificatekey',
  'secret',
  'clientsecret',
  'secretkey',
  'secretaccesskey',
  'privatekey',
  'clientkeydata',
  'apikey',
])

/** Names of secret variables and arguments, for entries with `name` and `value`. */
export const SECRET_NAMES =
  /(?:^|[_-])(?:password|passwd|passphrase|token|secret|api[_-]?key|(?:secret|access|private)[_-]?key)$/i

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|LS0tLS1CRUdJTi/
export const URL_WITH_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s/?#@]+@/i
export const BOOTSTRAP_TOKEN = /^[a-z0-9]{6}\.[a-z0-9]{16}$/
export const SIGNED_TOKEN = /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/

/** Whether the value of a field may be a secret, by the field's name or by its text: such values are never shown. */
export function mayBeSecret(name: string, text: string): boolean {
  if (SECRET_FIELDS.has(name.toLowerCase().replaceAll(/[-_]/g, '')) || SECRET_NAMES.test(name)) return true
  return [PRIVATE_KEY, URL_WITH_PASSWORD, BOOTSTRAP_TOKEN, SIGNED_TOKEN].some((look) => look.test(text))
}
