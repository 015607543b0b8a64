/** Users of the machine that runs the tests, for as long as a file of tests runs: they have a password, and sudo. */
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { vi } from 'vitest'

/** The password of both users. */
export const PASSWORD = "it's a S3cret, \\really!"
/** Matches it in what is quoted in any way. */
export const SECRET = /S3cret/
/** The variable of the environment by which tests hand it over. */
export const VARIABLE = 'QUORATE_TEST_PASSWORD'

export class PasswordUsers {
  /** Whom sudo asks for the password. */
  readonly asked: string
  /** Whom sudo asks for nothing. */
  readonly free: string
  readonly sudoersFile: string

  /** `name` keeps apart the users of files that run at the same time. */
  constructor(name: string) {
    this.asked = `quorate-${name}-asked`
    this.free = `quorate-${name}-free`
    this.sudoersFile = `/etc/sudoers.d/quorate-${name}`
  }

  async make(): Promise<void> {
    if (process.getuid?.() !== 0) throw new Error('these tests make users, so they must run as root')
    this.remove()
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: PASSWORD, encoding: 'utf8' })
    const home = ['--no-create-home', '--home-dir', '/', '--shell', '/bin/sh']
    for (const user of [this.asked, this.free]) {
      // Another test may hold the lock of the user database.
      await vi.waitFor(
        () => execFileSync('useradd', [...home, '--password', hash.trim(), user], { stdio: 'pipe' }),
        { timeout: 10_000 },
      )
    }
    const rules = `${this.asked} ALL=(ALL) ALL\n${this.free} ALL=(ALL) NOPASSWD: ALL\n`
    writeFileSync(this.sudoersFile, rules, { mode: 0o440 })
  }

  remove(): void {
    rmSync(this.sudoersFile, { force: true })
    for (const user of [this.asked, this.free]) spawnSync('userdel', ['--force', user])
  }
}
