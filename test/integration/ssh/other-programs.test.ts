/** Hosts whose common programs are of another make than GNU's: each behaves as we need, or is refused by name. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createActivities } from '../../../src/activities/index.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import { createSessionPool, runUnit, script, type SessionPool } from '../../../src/ssh/index.js'
import { activity } from '../../support/activity.js'
import { aCluster } from '../../support/clusters.js'
import { inFolder } from '../../support/session-in-folder.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

const FAKE_SYSTEMD = fileURLToPath(new URL('../../support/fake-systemd', import.meta.url))

let folder: string
let sshd: TestSshd
let pool: SessionPool

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-programs-'))
  for (const name of ['programs', 'host', 'systemd']) mkdirSync(join(folder, name))
  sshd = await startSshd({
    path: [join(folder, 'programs'), FAKE_SYSTEMD],
    environment: { FAKE_SYSTEMD: join(folder, 'systemd') },
  })
  pool = createSessionPool({ agentSocket: '' })
})

afterEach(async () => {
  await pool.close()
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

/** A program of the host that does as this shell script says; the system's own are in /usr/bin and /bin. */
function stand(name: string, text: string): void {
  const path = join(folder, 'programs', name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

function gather(): Promise<HostFacts> {
  const { gatherFacts } = createActivities({ sessions: pool })
  const host = sshd.host()
  return activity(() => gatherFacts(aCluster({ hosts: [host] }), host))
}

it.each([
  [
    'of uutils 0.8, which ignores widths',
    'case $1 in *3N*) exec /bin/date +%s%N ;; esac; exec /bin/date "$@"',
  ],
  ['of uutils 0.0.17, which refuses widths', 'case $1 in *3N*) exit 1 ;; esac; exec /bin/date "$@"'],
  ['of busybox, which has seconds', `exec /bin/date "$(printf %s "$1" | sed 's/%[0-9]*N/%%&/')"`],
])('the clock is correct with the date %s', async (_whose, text) => {
  stand('date', text)
  const { clockOffsetMs, clockUncertaintyMs } = await gather()
  expect(Math.abs(clockOffsetMs)).toBeLessThanOrEqual(clockUncertaintyMs + 1)
})

it('a date without a readable time is named', async () => {
  stand('date', 'echo "date: applet not found"')
  await expect(gather()).rejects.toMatchObject({
    type: 'FACTS_UNREADABLE',
    nonRetryable: true,
    message: expect.stringContaining('host1 answers "date: applet not found" to `date +%s.%N`') as string,
  })
})

it('a flock without a wait option is named', async () => {
  stand('flock', 'echo "flock: unrecognized option" >&2; exit 1')
  await expect(gather()).rejects.toMatchObject({ type: 'PROGRAM_UNFIT', nonRetryable: true })
})

it.each([
  [
    'cannot follow a process',
    'case "$*" in *--pid*) echo "tail: unrecognized option" >&2; exit 1 ;; esac; exec /usr/bin/tail "$@"',
  ],
  [
    'follows for ever, whatever process it is given, as that of uutils 0.0.17',
    'for one in "$@"; do case $one in --pid=*) ;; *) set -- "$@" "$one" ;; esac; shift; done; exec /usr/bin/tail "$@"',
  ],
])('the output of a unit is complete even if tail %s', async (_how, tail) => {
  stand('tail', tail)
  const session = inFolder(await pool.session(sshd.host()), join(folder, 'host'))
  const text = 'echo one; sleep 0.3; echo two; exit 6'
  expect(await runUnit(session, { operation: 'abc', name: 'init' }, script(text))).toMatchObject({
    exitCode: 6,
    output: 'one\ntwo\n',
  })
})
