import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../../src/errors/index.js'
import { PROJECT } from '../../support/process.js'

const project = (path: string): string => join(PROJECT, path)

/** Codes that the checks give, as they stand in the sources. */
function codesOfChecks(): readonly string[] {
  const folder = project('src/preflight')
  const sources = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  const quoted = [...sources.join('\n').matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map(
    ([, code]) => code ?? '',
  )
  return [...new Set(quoted)].filter((code) => Object.hasOwn(ERRORS, code)).toSorted()
}

describe('the preflight page', () => {
  it('describes every code that a check can report, and no other', () => {
    const page = readFileSync(project('docs/preflight.md'), 'utf8')
    const told = [...page.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code]) => code ?? '')
    const elsewhere = ['SUDO_DENIED', 'FACTS_UNREADABLE', 'PROGRAM_UNFIT']
    expect(told.filter((code) => !elsewhere.includes(code)).toSorted()).toEqual(codesOfChecks())
  })
})
