/** Reading `host[:port]`. */
import { parseIpAddress } from '../values/ip-address.js'
import type { Endpoint } from './model.js'
import { isDnsName } from './names.js'

/** kubeadm's default port of the API server on each control plane. */
export const DEFAULT_API_SERVER_PORT = 6443

/**
 * Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. The port defaults to 6443. Returns undefined for anything else,
 * including a URL.
 */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+))(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const [, bracketed, plain = '', portText] = match
  const host = bracketed ?? plain
  const port = portText === undefined ? DEFAULT_API_SERVER_PORT : Number(portText)
  if (port < 1 || port > 65_535) return undefined
  const isAddress = parseIpAddress(host) !== undefined
  if (bracketed !== undefined) return isAddress ? { host, port } : undefined
  return isAddress || isDnsName(host) ? { host, port } : undefined
}
