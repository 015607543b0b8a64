/** `quorate init` on a terminal: a wrong answer is reported at its question, and what is typed replaces the example. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startOnTerminal } from '../../support/quorate.js'

const ENTER = '\r'
const ERASE = '\u007f'
const PATIENCE = { timeout: 60_000 }

const folder = mkdtempSync(join(tmpdir(), 'quorate-init-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the interactive init', () => {
  it('replaces the example with what is typed, and rejects mistakes at once', async () => {
    const output = join(folder, 'cluster.yaml')
    const terminal = startOnTerminal(['init', '--output', output])
    const answer = async (question: string, typed: string) => {
      await expect.poll(terminal.output, PATIENCE).toContain(question)
      terminal.type(typed)
      terminal.type(ENTER)
    }
    await answer('Name of the cluster', 'My_Cluster')
    await expect.poll(terminal.output, PATIENCE).toContain('"My_Cluster" is not')
    terminal.type(ERASE.repeat('My_Cluster'.length))
    await answer('Name of the cluster', 'lab')
    await answer('cp1=10.0.0.11 cp2=10.0.0.12', 'cp1=10.0.0.11, cp2=10.0.0.12 cp3=10.0.0.13')
    await answer('w1=10.0.0.21', '')
    await answer('lb1=10.0.0.5', 'lb1=10.0.0.6')
    await answer('cannot be changed later', 'api.lab.test:6443')
    await answer('Login name', 'ops')
    await answer('Private key', '')
    await answer('How should host keys be checked?', '')
    await answer('Kubernetes version', '')
    expect((await terminal.ended).exitCode).toBe(0)
    const text = readFileSync(output, 'utf8')
    expect(text).toMatch(/^ {2}name: lab$/m)
    expect(text).toMatch(/controlPlaneEndpoint: api\.lab\.test:6443$/m)
    expect(text).toMatch(/^ {4}user: ops$/m)
    expect(text).toMatch(/^ {4}hostKeyChecking: strict$/m)
  })
})
