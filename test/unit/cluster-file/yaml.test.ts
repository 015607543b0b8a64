import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readYaml } from '../../../src/cluster-file/yaml-source.js'
import { clusterFile, problems } from './cluster-files.js'

describe('a cluster file is rejected if it', () => {
  it.each([
    ['is empty', '', 'cluster.yaml:1:1 the file is empty; `quorate init` writes a new one'],
    [
      'holds only comments',
      '# nothing\n',
      'cluster.yaml:1:1 the file is empty; `quorate init` writes a new one',
    ],
    [
      'is indented with tabs',
      'spec:\n\thosts: []\n',
      'cluster.yaml:2:1 a tab is used for indentation; indent with spaces',
    ],
    [
      'lacks a bracket',
      'spec: { hosts: [\n',
      'cluster.yaml:2:1 not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]; check quotes, colons and indentation here',
    ],
  ])('%s', (_what, text, problem) => {
    expect(problems(text)[0]).toBe(problem)
  })

  it('gives a field twice', () => {
    const text = clusterFile().replace('  name: prod', '  name: prod\n  name: other')
    expect(problems(text)).toEqual(['cluster.yaml:5:3 the field "name" is given twice; keep one of them'])
  })

  it('holds two documents', () => {
    const text = `${clusterFile()}---\n${clusterFile()}`
    expect(problems(text)).toEqual([
      expect.stringMatching(/a second document begins; one file holds one cluster; remove the rest$/),
    ])
  })

  it('holds a second document after an empty one', () => {
    expect(problems(`${clusterFile()}---\n---\n${clusterFile()}`)).toHaveLength(1)
  })

  it('uses an undefined alias', () => {
    const text = clusterFile().replace('user: ops', 'user: *nobody')
    expect(problems(text)).toEqual([
      expect.stringMatching(/the alias \*nobody has no anchor; put &nobody at that value, before the alias$/),
    ])
  })

  it('nests aliases to exhaust memory', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const inner = level === 0 ? 'x' : `*a${level - 1}`
      return `  a${level}: &a${level} [${Array(10).fill(inner).join(', ')}]`
    })
    const text = `${clusterFile()}bomb:\n${levels.join('\n')}\n`
    expect(problems(text)).toEqual([
      expect.stringMatching(
        /^cluster\.yaml:\d+:\d+ the aliases \(\*name\) stand for more than 1000 values; write the values out/,
      ),
    ])
  })

  it('is plain text and not an object', () => {
    expect(problems('hello\n')[0]).toBe(
      'cluster.yaml:1:1 "hello" is not an object with fields; write its fields: { apiVersion: …, kind: …, metadata: …, spec: … }',
    )
  })
})

describe('a cluster file is accepted', () => {
  it.each([
    ['a last `---`', `${clusterFile()}---\n`],
    ['a last `---` and a comment', `${clusterFile()}---\n# the end\n`],
    ['a last `...`', `${clusterFile()}...\n`],
    ['two `---` at the beginning', `---\n---\n${clusterFile()}`],
  ])('with %s', (_what, text) => {
    expect(problems(text)).toEqual([])
  })
})

describe('the position of a field', () => {
  const text = `top:
  list:
    - &first { a: 1 }
    - { <<: *first, b: 2 }
    - *first
`
  const { locate } = readYaml(text)

  it.each([
    [['top', 'list', 0, 'a'], 3, 19],
    [['top', 'list', 1, 'b'], 4, 24],
    [['top', 'list', 1, 'a'], 3, 19],
    [['top', 'list', 2, 'a'], 3, 19],
    [['top', 'list'], 2, 3],
    [['top', 'missing'], 1, 1],
    [['top', 'list', 9, 'x'], 2, 3],
  ])('%j is line %i, column %i', (path, line, column) => {
    expect(locate({ path })).toEqual({ line, column })
  })

  it('is that of its name on request', () => {
    expect(locate({ path: ['top', 'list', 0, 'a'], atKey: true })).toEqual({ line: 3, column: 16 })
  })

  it('is found for every field of any data', { timeout: 30_000 }, () => {
    const data = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 3 }), {
      minKeys: 1,
    })
    fc.assert(
      fc.property(data, (any) => {
        // Without quotes, a key of this name merges: `stringify` does not know that.
        const written = stringify(any).replaceAll(/^([ -]*)<<:(?=\s)/gm, '$1"<<":')
        const lines = written.split('\n')
        const source = readYaml(written)
        expect(source.problems).toEqual([])
        for (const key of Object.keys(any)) {
          const { line, column } = source.locate({ path: [key], atKey: true })
          // A name such as `null` stands in quotes.
          expect(lines[line - 1]?.slice(column - 1).replace(/^["']/, '')).toMatch(new RegExp(`^${key}["']?:`))
        }
      }),
    )
  })
})
