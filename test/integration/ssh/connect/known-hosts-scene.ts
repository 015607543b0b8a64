/** One sshd with keys of three types, and for each test a pool and a known_hosts file of its own. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

export class KnownHostsScene {
  sshd!: TestSshd
  pool!: SessionPool
  /** Not there until something is written to it. */
  knownHostsFile = ''
  private logged = 0
  private files = 0

  /** Starts and ends with the tests of a file. */
  static forFile(): KnownHostsScene {
    const scene = new KnownHostsScene()
    beforeAll(async () => {
      scene.sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] })
    })
    afterAll(() => scene.sshd.stop())
    beforeEach(() => {
      scene.pool = createSessionPool({ agentSocket: '' })
      scene.knownHostsFile = join(scene.sshd.folder, `known_hosts_${(scene.files += 1)}`)
      scene.logged = scene.sshd.log().length
    })
    afterEach(() => scene.pool.close())
    return scene
  }

  /** Name of the server in known_hosts. */
  get name(): string {
    return `[127.0.0.1]:${this.sshd.port}`
  }

  /** `hello\n`, if the host is trusted. */
  async logIn(ssh: Partial<HostSsh> = {}): Promise<string> {
    const session = await this.pool.session(this.sshd.host({ knownHostsFile: this.knownHostsFile, ...ssh }))
    return (await session.run(command('echo', 'hello'))).stdout
  }

  /** Makes these lines the whole content of the known_hosts file. */
  know(...lines: readonly string[]): void {
    writeFileSync(this.knownHostsFile, lines.map((line) => `${line}\n`).join(''))
  }

  /** A key that the server does not have. */
  anotherKey(type: 'ed25519' | 'ecdsa' = 'ed25519'): string {
    const path = join(this.sshd.folder, `another_${type}_${(this.files += 1)}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path])
    return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  }

  fingerprintOf(type: 'ed25519' | 'ecdsa' | 'rsa'): string {
    const path = join(this.sshd.folder, `host_${type}.pub`)
    return execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ')[1] ?? ''
  }

  /** The refused server has not even learnt who wanted to log in. */
  async expectNothingTold(server = this.sshd, from = this.logged): Promise<void> {
    await vi.waitFor(() => expect(server.log().slice(from)).toMatch(/\[preauth\]/))
    expect(server.log().slice(from)).not.toMatch(/Accepted|Postponed|Failed|user/)
  }
}
