/** What doctor says of the agent's keys is what a session makes of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { checkSshAgent } from '../../../../src/cli/doctor/local-checks.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-doctor-'))
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`)
  vi.stubEnv('SSH_AUTH_SOCK', join(folder, 'socket'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** `ssh-add -l` answers this. */
function holds(...lines: readonly string[]): void {
  const text = ['#!/bin/sh', 'cat <<"END"', ...lines, 'END', ''].join('\n')
  writeFileSync(join(folder, 'ssh-add'), text, { mode: 0o755 })
}

it('accepts hardware tokens and certificates like any other key', async () => {
  holds(
    '256 SHA256:a yubikey (ED25519-SK)',
    '256 SHA256:b ops@here (ED25519-CERT)',
    '3072 SHA256:c old (RSA)',
  )
  expect(await checkSshAgent()).toMatchObject({
    status: 'ok',
    detail: '3 keys: yubikey (ED25519-SK), ops@here (ED25519-CERT), old (RSA)',
  })
})

it('names a key that no session uses, without control characters from its comment', async () => {
  holds('256 SHA256:a good (ED25519)', '1024 SHA256:b \u001b[2Jolder (DSA)')
  expect(await checkSshAgent()).toMatchObject({
    status: 'warn',
    detail: 'it holds keys of types that are not used: older (DSA)',
  })
})
