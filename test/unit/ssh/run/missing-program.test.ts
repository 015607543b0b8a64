import { describe, expect, it } from 'vitest'
import { expectPrograms, missingProgram } from '../../../../src/ssh/run/missing-program.js'

describe('a missing program', () => {
  it.each([
    ['dash', 127, 'sh: 1: crictl: not found\n'],
    ['dash, by exec', 127, 'quorate: 5: exec: crictl: not found\n'],
    ['bash', 127, 'bash: line 1: crictl: command not found\n'],
    ['zsh', 127, 'zsh:1: command not found: crictl\n'],
    ['xargs', 127, 'pulling\nxargs: crictl: No such file or directory\n'],
    ['env', 127, 'env: ‘crictl’: No such file or directory\n'],
    ['nsenter', 127, 'nsenter: failed to execute crictl: No such file or directory\n'],
    ['sudo', 1, 'sudo: crictl: command not found\n'],
  ])('is recognised from the message of %s', (_, exitCode, said) => {
    expect(missingProgram(exitCode, said)).toBe('crictl')
  })

  it.each([
    ['a command that failed', 1, 'Error: pod not found'],
    ['a program that ends with 127 itself', 127, 'error while loading shared libraries: libc.so.6'],
  ])('is not confused with %s', (_, exitCode, said) => {
    expect(missingProgram(exitCode, said)).toBeUndefined()
  })

  it('is reported by name, with the package that contains it', () => {
    expect(() => expectPrograms(127, 'sh: 1: crictl: not found', 'w1')).toThrow(
      expect.objectContaining({
        code: 'PROGRAM_MISSING',
        message: 'the program crictl is not installed on w1',
        remedy: 'operator',
        context: { host: 'w1', hint: expect.stringContaining('the package cri-tools') as string },
      }),
    )
  })
})
