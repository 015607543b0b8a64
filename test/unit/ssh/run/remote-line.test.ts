/** What the login shell is given, and that what the command wrote comes out of it whole. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { command, script, type Command } from '../../../../src/ssh/run/command.js'
import { CommandFrame } from '../../../../src/ssh/run/frame.js'
import { remoteLine } from '../../../../src/ssh/run/remote-line.js'

const LOGIN_SHELLS = ['sh', 'dash', 'bash', 'zsh', 'fish', 'tcsh', 'csh', 'ksh', 'mksh', 'busybox']
  .map((name) => [`/bin/${name}`, `/usr/bin/${name}`].find((path) => existsSync(path)))
  .filter((path) => path !== undefined)

const argument = fc
  .array(fc.constantFrom(...Array.from(' \n\r\'"`$\\!*?{}()<>|&;#~=%é😀a0')), { maxLength: 10 })
  .map((characters) => characters.join(''))

function logIn(shell: string, command: Command, before = '') {
  const frame = new CommandFrame('login-user')
  const line = `${before}${remoteLine(command, 'login-user', frame.token, false)}`
  const args = shell.endsWith('/busybox') ? ['sh', '-c', line] : ['-c', line]
  const { stdout, stderr, status } = spawnSync(shell, args, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LANG: 'de_DE.UTF-8' },
  })
  frame.takeStdout(stdout)
  frame.takeStderr(stderr)
  return {
    stdout: frame.stdout.toString(),
    stderr: frame.stderr.toString(),
    exitCode: frame.exitCode,
    status,
  }
}

describe.each(LOGIN_SHELLS)('with the login shell %s', (shell) => {
  it('arguments arrive unchanged', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 5 }), (args) => {
        const { stdout } = logIn(shell, command('printf', '%s\\0', 'first', ...args))
        expect(stdout).toBe(['first', ...args].map((arg) => `${arg}\0`).join(''))
      }),
      { numRuns: 25 },
    )
  })

  it('a script runs in a POSIX shell, in the C locale, with sbin in its PATH', () => {
    const text = `for word in 'a b' "it's"; do printf '%s\\n' "$word!"; done
      echo "$LC_ALL"
      case $PATH in *:/usr/sbin:*) echo sbin ;; esac
      exit 7`
    const { stdout, exitCode, status } = logIn(shell, script(text))
    expect(stdout).toBe("a b!\nit's!\nC\nsbin\n")
    expect([exitCode, status]).toEqual([7, 7])
  })

  it('output and traces from before the command are not part of its output', () => {
    const noise = shell.endsWith('csh') ? 'echo -n title; set echo; ' : 'echo -n title; set -x; '
    const { stdout, stderr, exitCode } = logIn(shell, script('echo out; echo err >&2; exit 3'), noise)
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 })
  })
})
