import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completionScript } from '../../../src/cli/completion-scripts.js'
import { buildWholeProgram } from '../../../src/cli/program.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-completion-'))
const script = join(folder, 'quorate.bash')

const program = await buildWholeProgram()

beforeAll(() => writeFileSync(script, completionScript(program, 'bash')))
afterAll(() => rmSync(folder, { recursive: true }))

/** What bash offers for the last word of a command line. */
function complete(...words: string[]): string[] {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quorate; printf '%s\\n' "\${COMPREPLY[@]}"`
  const output = execFileSync('bash', ['-c', program, 'bash', script, 'quorate', ...words], {
    encoding: 'utf8',
  })
  return output.split('\n').filter((line) => line !== '')
}

describe('bash completion', () => {
  it('offers commands', () => {
    expect(complete('a')).toEqual(['apply', 'adopt', 'attach'])
  })

  it('offers subcommands', () => {
    expect(complete('engine', 'st')).toEqual(['start', 'status', 'stop'])
  })

  it('offers the options of a command and the global ones', () => {
    expect(complete('apply', '--')).toEqual(
      expect.arrayContaining(['--attach', '--review', '--on-blocked', '--json', '--file']),
    )
  })

  it('offers the decisions of resume', () => {
    expect(complete('resume', '--')).toEqual(
      expect.arrayContaining(['--retry', '--skip', '--reason', '--abort', '--approve', '--detach']),
    )
  })

  it('offers the allowed values of an argument', () => {
    expect(complete('signal', 'l')).toEqual(['load-balancer-ready'])
    expect(complete('signal', 'r')).toEqual(['resume'])
  })

  it('offers files after -f', () => {
    expect(complete('apply', '-f', `${folder}/q`)).toEqual([script])
  })
})

describe('completion scripts', () => {
  it.each(['zsh', 'fish'] as const)('for %s contain every command', (shell) => {
    const text = completionScript(program, shell)
    for (const command of program.commands) expect(text).toContain(command.name())
  })
})
