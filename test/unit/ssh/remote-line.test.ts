/** What the login shell is given, and how sudo's refusals are told from a command's own failure. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { command, script } from '../../../src/ssh/command.js'
import { remoteLine, sudoRefusal } from '../../../src/ssh/remote-line.js'

const LOGIN_SHELLS = ['sh', 'dash', 'bash', 'zsh', 'fish', 'tcsh', 'csh', 'ksh', 'mksh', 'busybox']
  .map((name) => [`/bin/${name}`, `/usr/bin/${name}`].find((path) => existsSync(path)))
  .filter((path) => path !== undefined)

const argument = fc
  .array(fc.constantFrom(...Array.from(' \n\r\'"`$\\!*?{}()<>|&;#~=%é😀a0')), { maxLength: 10 })
  .map((characters) => characters.join(''))

function logIn(shell: string, line: string) {
  const args = shell.endsWith('/busybox') ? ['sh', '-c', line] : ['-c', line]
  return spawnSync(shell, args, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LANG: 'de_DE.UTF-8' },
  })
}

describe.each(LOGIN_SHELLS)('with the login shell %s', (shell) => {
  test('arguments arrive intact', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 5 }), (args) => {
        const { stdout } = logIn(
          shell,
          remoteLine(command('printf', '%s\\0', 'first', ...args), 'login-user'),
        )
        expect(stdout.toString()).toBe(['first', ...args].map((arg) => `${arg}\0`).join(''))
      }),
      { numRuns: 25 },
    )
  })

  test('a script is read by a POSIX shell, in the C locale, with the programs of sbin in reach', () => {
    const text = `for word in 'a b' "it's"; do printf '%s\\n' "$word!"; done
      echo "$LC_ALL"
      case $PATH in *:/usr/sbin:*) echo sbin ;; esac
      exit 7`
    const { stdout, status } = logIn(shell, remoteLine(script(text), 'login-user'))
    expect(stdout.toString()).toBe("a b!\nit's!\nC\nsbin\n")
    expect(status).toBe(7)
  })
})

test.each([
  ['a password is asked for', 1, 'sudo: a password is required\n'],
  ['a terminal is asked for', 1, 'sudo: a terminal is required to read the password; either use …\n'],
  ['an old sudo asks for a terminal', 1, 'sudo: no tty present and no askpass program specified\n'],
  ['requiretty is set', 1, 'sudo: sorry, you must have a tty to run sudo\n'],
  ['the user is no sudoer', 1, 'ops is not in the sudoers file.\n'],
  [
    'the command is not allowed',
    1,
    "Sorry, user ops is not allowed to execute '/bin/sh' as root on host1.\n",
  ],
  ['the user may not use sudo', 1, 'Sorry, user ops may not run sudo on host1.\n'],
  ['there is no sudo', 127, 'sh: 1: exec: sudo: not found\n'],
])('it is a refusal when %s', (_case, exitCode, stderr) => {
  expect(sudoRefusal(exitCode, stderr)).toBe(stderr.trim())
})

test('the refusal is found among other lines', () => {
  const stderr = 'sudo: unable to resolve host w1: Name or service not known\nsudo: a password is required\n'
  expect(sudoRefusal(1, stderr)).toBe('sudo: a password is required')
})

test('a command that fails by itself was not refused', () => {
  expect(sudoRefusal(1, 'cat: /etc/shadow: Permission denied\n')).toBeUndefined()
})

test('a command that succeeds was not refused, whatever it prints', () => {
  expect(sudoRefusal(0, 'sudo: a password is required\n')).toBeUndefined()
})
