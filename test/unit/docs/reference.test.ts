import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { REFERENCE_PAGE, renderReference } from '../../../scripts/cluster-file-reference.js'

describe('the reference of the cluster file', () => {
  it('matches the schema; `npm run docs:reference` updates it', { timeout: 60_000 }, async () => {
    const path = fileURLToPath(new URL(`../../../${REFERENCE_PAGE}`, import.meta.url))
    expect(readFileSync(path, 'utf8')).toBe(await renderReference())
  })
})
