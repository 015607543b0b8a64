import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ERRORS_PAGE, renderErrorReference } from '../../../scripts/error-reference.js'
import { ERRORS } from '../../../src/errors/index.js'

describe('the reference of error codes', () => {
  const page = readFileSync(fileURLToPath(new URL(`../../../${ERRORS_PAGE}`, import.meta.url)), 'utf8')

  it('is what the registry says; `npm run docs:reference` writes it again', { timeout: 60_000 }, async () => {
    expect(page).toBe(await renderErrorReference())
  })

  it('has one row for each code', () => {
    const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code]) => code)
    expect(rows.toSorted()).toEqual(Object.keys(ERRORS).toSorted())
  })
})
