import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findTemporalCli, temporalCliVersion } from '../../../src/engine/temporal-cli.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the Temporal CLI', () => {
  function program(name: string, body = ''): string {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  it('is the one in QUORATE_TEMPORAL_CLI', () => {
    const path = program('my-temporal')
    expect(findTemporalCli({ QUORATE_TEMPORAL_CLI: path, PATH: '' })).toBe(path)
  })

  it('must be recent enough, and the error names both versions', async () => {
    const old = program('old', 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"')
    await expect(temporalCliVersion(old)).rejects.toThrow(
      `${old} is version 1.5.1; the embedded engine needs 1.8.0 or later`,
    )
    const young = program('young', 'echo "temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)"')
    await expect(temporalCliVersion(young)).resolves.toContain('2.0.0')
    const other = program('other', 'echo hello')
    await expect(temporalCliVersion(other)).rejects.toThrow(`${other} does not report its version: hello`)
  })

  it('is searched for on PATH', () => {
    const path = program('temporal')
    expect(findTemporalCli({ PATH: `/nowhere:${folder}` })).toBe(path)
  })

  it('is not replaced by another if QUORATE_TEMPORAL_CLI names a missing one', () => {
    program('temporal')
    expect(() => findTemporalCli({ QUORATE_TEMPORAL_CLI: '/nowhere/temporal', PATH: folder })).toThrow(
      'QUORATE_TEMPORAL_CLI names /nowhere/temporal, which is not a program',
    )
  })
})
