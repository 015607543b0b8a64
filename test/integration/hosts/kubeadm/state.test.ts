import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostState } from '../../../../src/hosts/kubeadm/state.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-state-')))
  programs.add('systemctl', 'exit 3')
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const CA = 'the CA of this cluster\n'

/** Puts a file where a host has it, within the folder of the test. */
function put(path: string, text = ''): void {
  const file = join(programs.folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** The journal of units that ended with these statuses. */
function journal(...units: readonly (readonly [step: string, status: number])[]): void {
  const lines = units.flatMap(([step, status]) => [
    `2026-01-01T00:00:00Z start op ${step} 1`,
    `2026-01-01T00:01:00Z end op ${step} 1 ${status}`,
  ])
  put('state/journal', `${lines.join('\n')}\n`)
}

const state = () => hostState(localContext(programs))
const markOf = (ca: string) => `${createHash('sha256').update(ca).digest('hex')}  -\n`

describe('etcd has data', () => {
  it('where its log is, and not where it only failed to start', async () => {
    put('etcd-data/member/snap/db')
    expect(await state()).not.toContain('etcd-data')
    put('etcd-data/member/wal/0.wal')
    expect(await state()).toContain('etcd-data')
  })

  it('also if the cluster file has put its log elsewhere', async () => {
    const log = join(programs.folder, 'log')
    put('kubernetes/manifests/etcd.yaml', `    - --name=cp1\n    - --wal-dir=${log}\n`)
    put('etcd-data/member/snap/db')
    expect(await state()).not.toContain('etcd-data')
    put('log/0.wal')
    expect(await state()).toContain('etcd-data')
  })
})

describe('an init of ours', () => {
  it('is complete once it has succeeded, until it is undone', async () => {
    journal(['kubeadm-init', 1], ['kubeadm-reset', 0], ['kubeadm-init', 0])
    expect(await state()).toContain('init-complete')
    journal(['kubeadm-init', 0], ['kubeadm-reset', 0])
    expect(await state()).not.toContain('init-complete')
  })

  it('counts no more on a host that was reset by hand, and has joined since', async () => {
    journal(['kubeadm-init', 0], ['kubeadm-join', 0])
    expect(await state()).not.toContain('init-complete')
    expect(await state()).toContain('join-complete')
  })

  it('counts no more where somebody else has made another cluster since', async () => {
    journal(['kubeadm-init', 0])
    put('kubernetes/pki/ca.crt', CA)
    put('state/initialised', markOf('the CA of an earlier cluster\n'))
    expect(await state()).not.toContain('init-complete')
    put('state/initialised', markOf(CA))
    expect(await state()).toContain('init-complete')
    expect(await state()).toContain('initialised')
  })
})
