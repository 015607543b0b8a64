/** Login shells, wrappers and keys that say or run something of their own: only the command's output is its output. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createSessionPool,
  runUnit,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { inFolder } from '../../../support/session-in-folder.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

const FAKE_SYSTEMD = fileURLToPath(new URL('../../../support/fake-systemd', import.meta.url))

let folder: string
let sshd: TestSshd | undefined
let pool: SessionPool | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-noise-'))
  for (const name of ['host', 'systemd']) mkdirSync(join(folder, name))
})

afterEach(async () => {
  await pool?.close()
  await sshd?.stop()
  rmSync(folder, { recursive: true })
})

/** A session to a server that runs this text in place of every command; ssh's own rules of ForceCommand apply. */
async function behind(wrapper: string): Promise<Session> {
  const file = join(folder, 'wrapper')
  writeFileSync(file, wrapper)
  sshd = await startSshd({
    config: [`ForceCommand sh ${file}`],
    path: [FAKE_SYSTEMD],
    environment: { FAKE_SYSTEMD: join(folder, 'systemd') },
  })
  pool = createSessionPool({ agentSocket: '' })
  return pool.session(sshd.host())
}

const RUN = 'sh -c "$SSH_ORIGINAL_COMMAND"'

describe.each([
  ['a greeting before', `echo Welcome; echo managed by ACME >&2; exec ${RUN}`],
  ['a title without a line break', `printf '\\033]0;cp1\\007'; printf 'no end' >&2; exec ${RUN}`],
  ['a log of the command itself', `echo "audit: $SSH_ORIGINAL_COMMAND" | tee /dev/stderr; exec ${RUN}`],
  ['much, in pieces', `seq 1 20000; seq 1 20000 >&2; sleep 0.1; printf quorate-std; exec ${RUN}`],
  ['a farewell and its own exit status', `${RUN}; echo bye; echo logged >&2; exit 0`],
])('with %s', (_what, wrapper) => {
  it('output, errors and status are exactly those of the command', async () => {
    const session = await behind(wrapper)
    const result = await session.run(script('cat; echo err >&2; exit 3'), {
      stdin: Buffer.from([0, 255, 10, 113]),
    })
    expect(result).toMatchObject({ exitCode: 3, stderr: 'err\n' })
    expect([...result.stdoutBytes]).toEqual([0, 255, 10, 113])
  })

  it('files are read and written byte by byte, and output arrives as it is produced', async () => {
    const session = await behind(wrapper)
    const path = join(folder, 'file')
    expect(await session.writeFile(path, 'content', { mode: 0o600 })).toBe(true)
    expect(await session.writeFile(path, 'content', { mode: 0o600 })).toBe(false)
    expect((await session.readFile(path))?.toString()).toBe('content')
    expect(await session.readFile(`${path}.not`)).toBeUndefined()
    const chunks: string[] = []
    await session.run(script('echo one; sleep 0.2; echo two'), {
      onStdout: (chunk) => chunks.push(chunk.toString()),
    })
    expect(chunks).toEqual(['one\n', 'two\n'])
  })

  it('units run and return only their own output', async () => {
    const session = inFolder(await behind(wrapper), join(folder, 'host'))
    const lines: string[] = []
    const outcome = await runUnit(session, { operation: 'abc', name: 'init' }, script('echo unit; exit 4'), {
      onLine: (line) => lines.push(line),
    })
    expect(outcome).toMatchObject({ kind: 'exited', exitCode: 4, output: 'unit\n' })
    expect(lines).toEqual(['unit'])
  })
})

describe('when something else runs instead of a command,', () => {
  const CLOUD_IMAGE =
    'echo \'Please login as the user "debian" rather than the user "root".\';echo;sleep 0.2;exit 142'

  it.each([
    [
      "a command of the cloud image's key",
      CLOUD_IMAGE,
      /^host1 runs no commands for \S+: Please login as the user "debian" rather than the user "root"\.$/,
    ],
    ['a success', 'echo interactive logins only', /interactive logins only$/],
    ['a success without output', 'cat >/dev/null', /ended with exit status 0 and said nothing$/],
    [
      'a shell that lets nobody in',
      'printf "\\033[31mThis account\\033[0m is\\007 not available\\n" >&2; exit 1',
      /: This account is not available$/,
    ],
  ])('%s is not accepted as an answer', async (_what, wrapper, message) => {
    const session = await behind(wrapper)
    const path = join(folder, 'file')
    const refusal = {
      code: 'SSH_SESSION_REFUSED',
      remedy: 'operator',
      message: expect.stringMatching(message) as string,
    }
    await expect(session.run(script('id -u'))).rejects.toMatchObject(refusal)
    await expect(session.writeFile(path, 'x', { mode: 0o600 })).rejects.toMatchObject(refusal)
    await expect(session.readFile(path)).rejects.toMatchObject(refusal)
    const unit = { operation: 'abc', name: 'init' }
    await expect(runUnit(session, unit, script('true'))).rejects.toMatchObject(refusal)
  })

  it('a menu that waits is quoted at the timeout', async () => {
    const session = await behind('echo "1) reboot 2) status"; sleep 5')
    await expect(session.run(script('true'), { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'SSH_SESSION_REFUSED',
      message: expect.stringContaining('1) reboot 2) status') as string,
    })
  })

  it('a slow and silent shell ends in a timeout', async () => {
    const session = await behind(`sleep 5; exec ${RUN}`)
    await expect(session.run(script('true'), { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'SSH_TIMEOUT',
      message: 'a command on host1 did not start within 0.5 s',
    })
  })

  it.each([
    ['mixed', `${RUN} 2>&1`],
    ['left out', `${RUN} 2>/dev/null`],
    ['sent through a terminal', 'script -qec "$SSH_ORIGINAL_COMMAND" /dev/null'],
  ])('%s output is not trusted', async (_how, wrapper) => {
    const session = await behind(wrapper)
    await expect(session.run(script('echo out; echo err >&2'))).rejects.toMatchObject({
      code: 'SSH_SESSION_REFUSED',
      message: expect.stringMatching(
        /changes what commands write: standard output and error are mixed, dropped, or pass through a terminal/,
      ) as string,
    })
  })
})

it.each([
  ['reads a line', `read -r answer; exec ${RUN}`],
  ['reads some bytes', `head -c 3 >/dev/null; exec ${RUN}`],
  ['reads all', `cat >/dev/null; exec ${RUN}`],
  ['gives commands another one', `exec ${RUN} </dev/null`],
  ['closes it', `exec ${RUN} <&-`],
])(
  'what %s of the input of commands leaves them without a beginning, so they do not run',
  async (_what, wrapper) => {
    const session = inFolder(await behind(wrapper), join(folder, 'host'))
    const refusal = {
      code: 'SSH_SESSION_REFUSED',
      remedy: 'operator',
      message: expect.stringMatching(/^host1 takes away the input of commands/) as string,
      hint: expect.stringContaining('`read`') as string,
    }
    const trace = join(folder, 'trace')
    await expect(session.run(script('echo ran >"$1"', trace), { stdin: 'a\nb\n' })).rejects.toMatchObject(
      refusal,
    )
    await expect(session.writeFile(join(folder, 'file'), 'a\nb\n', { mode: 0o600 })).rejects.toMatchObject(
      refusal,
    )
    const unit = { operation: 'abc', name: 'init' }
    await expect(runUnit(session, unit, script('echo ran >"$1"', trace))).rejects.toMatchObject(refusal)
    expect(existsSync(trace)).toBe(false)
  },
)

it('a command whose shell is killed has an unknown outcome', async () => {
  const session = await behind(RUN)
  // Its parent is the subshell, the parent of which is the shell that waits to tell the status.
  const text = 'kill -9 "$(cut -d " " -f 4 "/proc/$PPID/stat")" "$PPID"'
  await expect(session.run(script(text))).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
})

it('truncated output does not count as output', async () => {
  const session = await behind(`${RUN} | head -c -60`)
  await expect(session.run(script('seq 1 100'))).rejects.toMatchObject({
    code: 'SSH_CONNECTION_LOST',
    message: 'the end of the output of a command on host1 was lost, though the command ended',
  })
})

it('a wrapper that outlives its command delays the result only briefly', async () => {
  const session = await behind(`${RUN}; sleep 20`)
  const begin = performance.now()
  expect(await session.run(script('echo done; exit 5'))).toMatchObject({ exitCode: 5, stdout: 'done\n' })
  expect(performance.now() - begin).toBeLessThan(15_000)
})
