/** Certificates and their keys, issued for a test by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Issued {
  readonly certificate: string
  readonly key: string
}

/** Issues certificates from a single authority. */
export class TestAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quorate-ca-'))

  constructor(name = 'etcd-ca') {
    this.#openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '3650',
      ],
      ...['-subj', `/CN=${name}`, '-keyout', 'ca.key', '-out', 'ca.crt'],
    )
  }

  get certificate(): string {
    return this.#read('ca.crt')
  }

  get key(): string {
    return this.#read('ca.key')
  }

  /** A certificate for a year that expires in this many days; with addresses or names, it is a server's for those. */
  issue(name: string, daysLeft: number, ...servers: readonly string[]): Issued {
    const at = (days: number): string =>
      new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
    writeFileSync(this.#path('index.txt'), '')
    writeFileSync(
      this.#path('ca.conf'),
      [
        '[ca]\ndefault_ca = test\n[test]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes',
        'default_md = sha256\npolicy = any\nunique_subject = no\nx509_extensions = given\n[any]\ncommonName = supplied',
        `[given]\nextendedKeyUsage = serverAuth,clientAuth\n${servers.length === 0 ? '' : `subjectAltName = ${servers.map(alternative).join(',')}\n`}`,
      ].join('\n'),
    )
    this.#openssl(
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', `/CN=${name}`, '-keyout', 'leaf.key', '-out', 'leaf.csr'],
    )
    this.#openssl(
      ...['ca', '-config', 'ca.conf', '-batch', '-notext', '-in', 'leaf.csr', '-out', 'leaf.crt'],
      ...[
        '-cert',
        'ca.crt',
        '-keyfile',
        'ca.key',
        '-startdate',
        at(daysLeft - 365),
        '-enddate',
        at(daysLeft),
      ],
    )
    return { certificate: this.#read('leaf.crt'), key: this.#read('leaf.key') }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  #read(name: string): string {
    return readFileSync(this.#path(name), 'utf8')
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' })
  }
}

function alternative(server: string): string {
  return isIP(server) === 0 ? `DNS:${server}` : `IP:${server}`
}
