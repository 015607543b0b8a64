/** Units over a real sshd, with a stand-in for systemd: what they give, and that asking again gives the same. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  acknowledgeUnit,
  runUnit,
  runningUnits,
  script,
  stopUnit,
  waitForUnit,
} from '../../../../src/ssh/index.js'
import { HELD, IDENTITY, UNIT, UnitHost } from '../../../support/unit-host.js'

let host: UnitHost

beforeEach(async () => {
  host = await UnitHost.start()
})

afterEach(() => host.stop())

describe('a unit', () => {
  it('runs a command and returns its status, output and duration', async () => {
    expect(await host.run('echo out; echo err >&2; sleep 0.2; exit 3')).toEqual({
      kind: 'exited',
      exitCode: 3,
      output: 'out\nerr\n',
      durationMs: expect.closeTo(200, -3) as number,
      attached: false,
      ordinal: 1,
    })
  })

  it('streams its output line by line', async () => {
    const lines: string[] = []
    const running = host.run(
      'echo one; printf "10%%\\r20%%\\r"; printf half; while [ ! -e "$1/go" ] && [ -d "$1" ]; do sleep 0.02; done',
      {
        onLine: (line) => lines.push(line),
      },
    )
    await vi.waitFor(() => expect(lines).toEqual(['one', '10%', '20%']), 10_000)
    host.letGo()
    await running
    expect(lines).toEqual(['one', '10%', '20%', 'half'])
  })

  it('keeps the last 16 KiB of long output', async () => {
    const seen: string[] = []
    const outcome = await host.run('seq 1 100000', { onLine: (line) => seen.push(line) })
    expect(seen).toHaveLength(100_000)
    expect(outcome.output).toHaveLength(16 * 1024)
    expect(outcome.output.endsWith('99999\n100000\n')).toBe(true)
  })

  it('has a minimal environment and no input', async () => {
    const outcome = await host.run(
      'cat; echo "$HOME $LC_ALL $PATH"; umask; pwd; printenv QUORATE_SECRETS || echo none',
    )
    expect(outcome.output).toBe(
      '/root C /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n0022\n/\nnone\n',
    )
  })

  it('is named after its operation, name and ordinal, and is listed while it runs', async () => {
    const running = host.run(HELD)
    await host.untilItRuns()
    expect(await runningUnits(host.session)).toEqual([UNIT])
    host.letGo()
    await running
    await vi.waitFor(async () => expect(await runningUnits(host.session)).toEqual([]))
  })

  it('can be awaited by somebody who did not start it', async () => {
    const running = host.run(HELD)
    await host.untilItRuns()
    let ended = false
    const waiting = waitForUnit(host.session, UNIT).then(() => (ended = true))
    await host.run('true', { signal: AbortSignal.timeout(300) }).catch(() => undefined)
    expect(ended).toBe(false)
    host.letGo()
    await Promise.all([running, waiting])
    await waitForUnit(host.session, 'quorate-no-such-unit-1')
  })

  it('keeps a journal of what ran on the host', async () => {
    await host.run('exit 4')
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ'
    expect(host.journal()).toEqual([
      expect.stringMatching(new RegExp(`^${time} start 0199a1b2-c3d kubeadm-init 1$`)),
      expect.stringMatching(new RegExp(`^${time} end 0199a1b2-c3d kubeadm-init 1 4$`)),
    ])
  })

  it('keeps its state readable by root only', async () => {
    await host.run('true')
    expect(statSync(join(host.folder, 'state')).mode & 0o777).toBe(0o700)
    expect(statSync(host.stateFolder()).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(host.stateFolder(), 'started'), 'utf8')).toMatch(
      /^boot [0-9a-f-]{36}\ntime \d{4}-/,
    )
  })

  it('that cannot be started says why, and can be started later', async () => {
    host.breakSystemd()
    await expect(host.run('true')).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('Failed to start transient service unit') as string,
      context: { host: 'host1' },
    })
    host.mendSystemd()
    expect(await host.run('exit 5')).toMatchObject({ exitCode: 5, attached: false, ordinal: 1 })
  })
})

describe('asking for a unit again', () => {
  it('returns its outcome any number of times', async () => {
    await host.run('echo once >>"$1/marks"; echo output; exit 3')
    const lines: string[] = []
    for (let index = 0; index < 3; index += 1) {
      expect(await host.run('exit 0', { onLine: (line) => lines.push(line) })).toMatchObject({
        kind: 'exited',
        exitCode: 3,
        output: 'output\n',
        attached: true,
        ordinal: 1,
      })
    }
    expect(lines).toEqual(['output', 'output', 'output'])
    expect(host.marks()).toBe(1)
  })

  it('attaches to a running command and gets its output from the start', async () => {
    const first = host.run(HELD)
    await host.untilItRuns()
    const lines: string[] = []
    const second = host.run(HELD, { onLine: (line) => lines.push(line) })
    await vi.waitFor(() => expect(lines).toEqual(['started']), 10_000)
    host.letGo()
    expect(await first).toMatchObject({ exitCode: 7, attached: false })
    expect(await second).toMatchObject({ exitCode: 7, attached: true, output: 'started\nfinished\n' })
    expect(lines).toEqual(['started', 'finished'])
    expect(host.marks()).toBe(1)
  })

  it('runs the step again after the outcome was acknowledged', async () => {
    await host.run('exit 3')
    await acknowledgeUnit(host.session, IDENTITY)
    await acknowledgeUnit(host.session, IDENTITY)
    expect(await host.run('exit 4')).toMatchObject({ exitCode: 4, attached: false, ordinal: 2 })
    expect(await host.run('exit 5')).toMatchObject({ exitCode: 4, attached: true, ordinal: 2 })
  })

  it('runs the tenth time after the ninth', async () => {
    for (let ordinal = 1; ordinal <= 11; ordinal += 1) {
      expect(await host.run('true')).toMatchObject({ ordinal })
      await acknowledgeUnit(host.session, IDENTITY)
    }
  })

  it('keeps steps and operations apart', async () => {
    await host.run('exit 1')
    const other = { ...IDENTITY, name: 'kubeadm' }
    expect(await runUnit(host.session, other, script('exit 2'))).toMatchObject({ exitCode: 2, ordinal: 1 })
    const later = { ...IDENTITY, operation: '0199ffff-c3d' }
    expect(await runUnit(host.session, later, script('exit 3'))).toMatchObject({ exitCode: 3, ordinal: 1 })
  })
})

describe('acknowledging a unit', () => {
  it('that never ran changes nothing', async () => {
    await acknowledgeUnit(host.session, IDENTITY)
    expect(await host.run('true')).toMatchObject({ ordinal: 1 })
  })

  it('that still runs is refused', async () => {
    const running = host.run(HELD)
    await host.untilItRuns()
    await expect(acknowledgeUnit(host.session, IDENTITY)).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining(`${UNIT} still runs`) as string,
    })
    host.letGo()
    await running
  })
})

it('stopping units that never ran does nothing', async () => {
  expect(await stopUnit(host.session, IDENTITY)).toBe(false)
})
