/**
 * Who may use the UI: the person who has the link that `quorate ui` printed, from pages of the UI itself. The origin of
 * a request is checked, not only its login. Other pages get nothing, and neither do other host names that somebody
 * points at 127.0.0.1.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const SECRET_BYTES = 32
const LOGIN_PATH = '/login'

/** The verdict on a request, before anything else looks at it. */
export type Verdict =
  | { readonly kind: 'allowed' }
  /** A first visit by a link: the cookie to set, and where to go. */
  | { readonly kind: 'login'; readonly cookie: string; readonly location: string }
  | { readonly kind: 'refused'; readonly status: 403 | 421; readonly reason: string }

interface Visit {
  readonly method: string
  /** Path and query as they stand in the request line. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

/** Access control for one UI on 127.0.0.1. */
export class Access {
  private readonly hosts: readonly string[]
  private readonly cookieName: string
  private readonly session = secret()
  private readonly links = new Map<string, string>()

  constructor(port: number) {
    this.hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
    // Cookies are shared by all ports of a host; names keep two UIs apart.
    this.cookieName = `quorate-ui-${port}`
  }

  /** A link that logs in one browser, once, and leads it to this path of the UI. */
  link(path: string): string {
    const token = secret()
    this.links.set(token, path)
    return `http://${this.hosts[0] ?? ''}${LOGIN_PATH}?token=${token}`
  }

  /** Judges a request. A link works only once. */
  judge({ method, target, headers }: Visit): Verdict {
    const host = headers.host ?? ''
    if (!this.hosts.includes(host)) {
      return { kind: 'refused', status: 421, reason: `the UI is at http://${this.hosts[0] ?? ''} only` }
    }
    const url = new URL(target, `http://${host}`)
    if (method === 'GET' && url.pathname === LOGIN_PATH) return this.logIn(url)
    if (!this.knows(headers.cookie)) {
      return refused('open the link that `quorate ui` printed; it works once, the command prints a new one')
    }
    return comesFromHere(method, host, headers)
      ? { kind: 'allowed' }
      : refused('this request comes from another page')
  }

  private logIn(url: URL): Verdict {
    const token = url.searchParams.get('token') ?? ''
    const location = this.links.get(token)
    if (location === undefined) return refused('this link was used before, or is of an earlier `quorate ui`')
    this.links.delete(token)
    const cookie = `${this.cookieName}=${this.session}; HttpOnly; SameSite=Strict; Path=/`
    return { kind: 'login', cookie, location }
  }

  private knows(cookies: string | undefined): boolean {
    const pairs = (cookies ?? '').split(';').map((pair) => pair.trim().split('='))
    return pairs.some(([name, value]) => name === this.cookieName && isSame(value ?? '', this.session))
  }
}

/**
 * SameSite does not distinguish the ports of a host, so requests from a page on another port carry the cookie, too.
 * Browsers say what kind of request it is. Following a link to the UI is fine from anywhere: it shows nothing to the
 * page that has the link.
 */
function comesFromHere(method: string, host: string, headers: IncomingHttpHeaders): boolean {
  const isReading = method === 'GET' || method === 'HEAD'
  if (!isReading) return headers.origin === `http://${host}`
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return true
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

function refused(reason: string): Verdict {
  return { kind: 'refused', status: 403, reason }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
