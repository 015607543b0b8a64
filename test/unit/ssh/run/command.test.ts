/** Quoting: every argument arrives as it was given, in every shell that may read it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { command, quote, script } from '../../../../src/ssh/run/command.js'

const SHELLS = ['/bin/sh', '/bin/dash', '/bin/bash'].filter((shell) => existsSync(shell))

// Mostly what shells, expansions and terminals care about; no NUL, which no argument can hold.
const character = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(...Array.from(' \t\n\r\'"`$\\!*?[]{}()<>|&;#~=%^-+@:,./0aZ\u0001\u007fé€😀')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
)
const argument = fc
  .array(character, { maxLength: 12 })
  .map((characters) => characters.join('').replaceAll('\0', ''))

/** The arguments that programs got when a shell read these lines. */
function received(shell: string, lines: readonly string[]): string[] {
  const { stdout, status, stderr } = spawnSync(shell, { input: lines.join('\n'), maxBuffer: 2 ** 28 })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  return stdout.toString().split('\0').slice(0, -1)
}

describe.each(SHELLS)('in the shell %s', (shell) => {
  it('35,000 hostile arguments arrive unchanged', () => {
    const sent = fc.sample(argument, 35_000)
    const lines = Array.from({ length: sent.length / 100 }, (_, index) => {
      const args = sent.slice(index * 100, (index + 1) * 100)
      return command('printf', '%s\\0', ...args).line
    })
    expect(received(shell, lines)).toEqual(sent.map(wellFormed))
  })

  it('a script gets its data as positional parameters and never as syntax', () => {
    const sent = fc.sample(fc.tuple(argument, argument), 200)
    const lines = sent.map(([one, two]) => script('printf "%s\\0" "$1" "$2" "$#"', one, two).line)
    expect(received(shell, lines)).toEqual(
      sent.flatMap(([one, two]) => [wellFormed(one), wellFormed(two), '2']),
    )
  })
})

/** Lone surrogates have no place in UTF-8; they are replaced on the way out. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

it('a plain argument stays readable', () => {
  expect(command('kubeadm', 'init', '--config=/run/quorate/kubeadm.yaml').line).toBe(
    'kubeadm init --config=/run/quorate/kubeadm.yaml',
  )
})

it('an empty argument is kept', () => {
  expect(quote('')).toBe("''")
})

it('a NUL byte is rejected, since no argument can contain it', () => {
  expect(() => command('echo', 'a\0b')).toThrow(TypeError)
})

it('a script stops at the first command that fails and at an unset variable', () => {
  for (const text of ['false; echo reached', 'echo "$unset"; echo reached']) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script(text).line])
    expect(status).not.toBe(0)
    expect(stdout.toString()).toBe('')
  }
})
