/** Signs what a webhook gets, so that its receiver knows who sent it and when. */
import { createHmac } from 'node:crypto'

/**
 * The value of the header `Quorate-Signature`: the time in seconds since the epoch, and the HMAC-SHA256 of
 * `<time>.<body>` with the secret in hexadecimal digits. Stripe's webhooks are signed the same way, so receivers may have
 * code for it: https://docs.stripe.com/webhooks#verify-manually
 */
export function signatureOf(body: string, secret: string, atMs: number): string {
  const time = Math.floor(atMs / 1_000)
  const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return `t=${time},v1=${digest}`
}
