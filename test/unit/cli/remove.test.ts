import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../../src/cli/context.js'
import { offerEdit, type EditOptions } from '../../../src/cli/edit-file.js'
import { renderRemoved } from '../../../src/cli/output/results/removed.js'
import { aSnapshot, START } from '../../support/snapshots.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-edit-'))
  path = join(folder, 'cluster.yaml')
  writeFileSync(path, 'spec:\n  hosts:\n    - name: w1 # old\n    - name: w2 # new\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Offers the edit where nobody can be asked; gives what was said. */
async function offer(
  names: readonly string[],
  options: EditOptions = {},
  json = false,
): Promise<readonly string[]> {
  const said: string[] = []
  const io = { note: (line: string) => said.push(line), style: pc.createColors(false), canAsk: false }
  await offerEdit({ io, json, file: path } as unknown as Context, names, options)
  return said
}

const text = () => readFileSync(path, 'utf8')

describe('the cluster file after a removal', () => {
  it('loses the hosts if that was asked for, and keeps everything else', async () => {
    expect(await offer(['w1'], { editFile: true })).toEqual([`took w1 out of ${path}`])
    expect(text()).toBe('spec:\n  hosts:\n    - name: w2 # new\n')
  })

  it('stays as it is where nobody can be asked, and it is said what is left to do', async () => {
    const before = text()
    expect(await offer(['w1'])).toEqual([expect.stringContaining(`w1 is still in ${path}`)])
    expect(text()).toBe(before)
  })

  it('stays as it is without a word if that was asked for, or if it has none of the hosts', async () => {
    expect(await offer(['w1'], { keepFile: true })).toEqual([])
    expect(await offer(['w9'], { editFile: true })).toEqual([])
  })

  it('is not spoilt if it cannot be edited', async () => {
    writeFileSync(path, 'spec:\n  hosts:\n    - &base { name: w1 }\n    - { <<: *base, name: w2 }\n')
    const before = text()
    expect(await offer(['w1'], { editFile: true })).toEqual([expect.stringContaining('yourself')])
    expect(text()).toBe(before)
  })

  it('keeps its mode, and leaves nothing beside it', async () => {
    chmodSync(path, 0o640)
    await offer(['w1'], { editFile: true })
    expect((statSync(path).mode & 0o777).toString(8)).toBe('640')
    expect(readdirSync(folder)).toEqual(['cluster.yaml'])
  })

  it('stays a link if it is one', async () => {
    const link = join(folder, 'link.yaml')
    symlinkSync(path, link)
    const target = path
    path = link
    await offer(['w1'], { editFile: true })
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(target, 'utf8')).not.toContain('w1')
  })
})

it('the result of a removal says what became of each host', () => {
  const snapshot = aSnapshot({ state: 'done', closedAt: START + 60_000 } as never)
  const lines = renderRemoved(
    snapshot,
    {
      kubernetesVersion: 'v1.36.3',
      changed: true,
      hosts: [
        { name: 'w1', how: 'removed' },
        { name: 'cp3', how: 'dead' },
        { name: 'w2', how: 'gone' },
      ],
      nodes: [{ name: 'cp1', role: 'control-plane', version: 'v1.36.3', ready: true }],
      etcdMembers: ['cp1', 'cp2'],
      warnings: [],
      skipped: [{ step: 'drain/w4', host: 'w4', reason: 'needed' }],
    },
    pc.createColors(false),
  )
  expect(lines.slice(4)).toEqual([
    'w1: removed, and reset: it belongs to no cluster',
    'cp3: removed, not reset: if it comes back it is refused',
    'w2: already gone',
    '',
    '⚠ drain/w4 was left out: needed',
    '✔ prod: Kubernetes v1.36.3, 1 of 1 nodes ready, 2 etcd members, done in 1m 00s',
  ])
})
