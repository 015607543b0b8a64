import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROJECT } from '../../support/process.js'

const read = (name: string) => readFileSync(`${PROJECT}/${name}`, 'utf8')
const ignored = read('.dockerignore').split('\n')
const copied = read('Dockerfile')
  .split('\n')
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) =>
    line
      .split(' ')
      .slice(1, -1)
      .map((path) => path.replace('./', '')),
  )

describe('the Dockerfile', () => {
  it('copies every file that the build reads', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: { readonly build: string } }
    const project = /tsc -p (\S+)/.exec(scripts.build)?.[1] ?? 'tsconfig.json'
    const { extends: base } = JSON.parse(read(project)) as { readonly extends?: string }
    const needed = [project, ...(base === undefined ? [] : [base.replace('./', '')]), 'package.json', 'src']
    expect(copied).toEqual(expect.arrayContaining(needed))
  })

  it('copies nothing that .dockerignore excludes', () => {
    expect(ignored[0]).toBe('*')
    expect(copied.length).toBeGreaterThan(5)
    expect(copied.filter((path) => !ignored.includes(`!${path}`))).toEqual([])
  })
})
