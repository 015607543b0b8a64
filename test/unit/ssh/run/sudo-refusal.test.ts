/** Which of sudo's lines tells why it refused, and what to do about it. */
import { expect, it } from 'vitest'
import { sudoRefusal } from '../../../../src/ssh/run/sudo-refusal.js'

it.each([
  ['a password is asked for', 'sudo: a password is required'],
  ['an old sudo asks for a terminal', 'sudo: no tty present and no askpass program specified'],
  ['the user may not use sudo', 'Sorry, user ops may not run sudo on host1.'],
  ['a command is not allowed', "Sorry, user ops is not allowed to execute '/bin/sh' as root on host1."],
  ['sudo-rs asks for a password', 'sudo: interactive authentication is required'],
  ['sudo-rs knows no rule', "sudo: I'm sorry ops. I'm afraid I can't do that"],
  ['sudo-rs has refused too often', 'sudo: Maximum 3 incorrect authentication attempts'],
  ['nobody has answered', 'sudo: timed out reading password'],
  ['it is no message that we know', 'sudo: the moon is not full'],
])("the reason is sudo's own message when %s", (_case, line) => {
  expect(sudoRefusal(`${line}\n`, 'ops').reason).toBe(line)
})

it.each([
  'sudo: unable to resolve host w1: Name or service not known\nsudo: a password is required\n',
  'sudo: a password is required\nThis incident has been reported to the administrator.\n',
  '[sudo: quorate-sudo-password:] Password: \nsudo: a password is required\n',
  'quorate-sudo-password:sudo: a password is required\n',
])('the reason is found among unrelated lines: %j', (said) => {
  expect(sudoRefusal(said, 'ops').reason).toBe('sudo: a password is required')
})

it('requiretty is recognised, and the hint says how to lift it', () => {
  const refusal = sudoRefusal('sudo: sorry, you must have a tty to run sudo\n', 'ops')
  expect(refusal.hint).toMatch(/requiretty.*Defaults:ops !requiretty/)
})

it.each([
  "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without root privileges?",
  'sudo: PERM_SUDOERS: setresuid(-1, 1, -1): Operation not permitted',
])('a sudo that cannot become root is not reported as a password problem: %s', (line) => {
  expect(sudoRefusal(line, 'ops')).toMatchObject({
    reason: line,
    hint: expect.stringContaining('nosuid') as string,
  })
})

it.each([
  'sudo: PAM account management error: Authentication service cannot retrieve authentication info',
  'sudo: unknown uid 1000: who are you?',
  'sudo: Account expired or PAM config lacks an "account" section for sudo, contact your system administrator',
])('an invalid account leads to a hint to check it: %s', (line) => {
  expect(sudoRefusal(line, 'ops')).toMatchObject({
    reason: line,
    hint: expect.stringContaining('chage -l ops') as string,
  })
})

it('a host without sudo leads to a hint to install it', () => {
  expect(sudoRefusal('sh: 1: exec: sudo: not found\n', 'ops').hint).toMatch(/install sudo/)
})
