import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGES = [
  'README.md',
  ...readdirSync(join(PROJECT, 'docs')).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
]

interface Link {
  readonly text: string
  readonly target: string
}

/** Links of a page to other files of the project. */
function linksOf(page: string): readonly Link[] {
  const markdown = readFileSync(join(PROJECT, page), 'utf8')
  return [...markdown.matchAll(/\[((?:[^[\]]|\n)+)\]\(([^)\s]+)\)/g)]
    .map(([, text = '', target = '']) => ({ text: text.replace(/\s+/g, ' '), target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): readonly string[] {
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function isBroken(page: string, { target }: Link): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? join(PROJECT, page) : resolve(PROJECT, dirname(page), file)
  if (!existsSync(path)) return true
  return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).includes(anchor)
}

describe('the documentation', () => {
  it.each(PAGES)('has no broken link: %s', (page) => {
    expect(linksOf(page).filter((link) => isBroken(page, link))).toEqual([])
  })

  it('names existing tests for each step of the guide', () => {
    const tests = linksOf('docs/guide.md').filter(({ target }) => target.endsWith('.test.ts'))
    const missing = tests.filter(({ text, target }) => {
      const source = readFileSync(resolve(PROJECT, 'docs', target), 'utf8')
      return !source.replaceAll("\\'", "'").includes(text)
    })
    expect(missing).toEqual([])
    expect(tests.length).toBeGreaterThan(30)
  })

  it('can all be reached from the first page', () => {
    const found = linksOf('README.md').map(({ target }) => target.split('#')[0])
    expect(PAGES.filter((page) => page !== 'README.md' && !found.includes(page))).toEqual([])
  })
})
