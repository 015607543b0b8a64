/**
 * Units when things go wrong: each runs once, whatever happens to the connection, to us or to the host, and its
 * outcome is never lost and never made up.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  acknowledgeUnit,
  createSessionPool,
  runningUnits,
  script,
  stopUnit,
} from '../../../../src/ssh/index.js'
import { HELD, IDENTITY, UNIT, UnitHost } from '../../../support/unit-host.js'

let host: UnitHost

beforeEach(async () => {
  host = await UnitHost.start()
})

afterEach(() => host.stop())

describe('a unit runs exactly once', () => {
  it('for 20 simultaneous callers, who all get its outcome', async () => {
    const pools = Array.from({ length: 4 }, () => createSessionPool({ agentSocket: '' }))
    const sessions = await Promise.all(pools.map((each) => host.connect(each)))
    const outcomes = await Promise.all(
      sessions.flatMap((each) =>
        Array.from({ length: 5 }, () => host.run('echo once >>"$1/marks"; exit 6', {}, each)),
      ),
    )
    await Promise.all(pools.map((each) => each.close()))
    expect(outcomes.map((outcome) => outcome.kind === 'exited' && outcome.exitCode)).toEqual(
      Array(20).fill(6),
    )
    expect(outcomes.filter((outcome) => outcome.kind === 'exited' && !outcome.attached)).toHaveLength(1)
    expect(host.marks()).toBe(1)
  })

  it('if the connection is cut again and again, at whatever byte of the answer', async () => {
    let cuts = 0
    for (let bytes = 1; ; bytes += 150) {
      await host.connect()
      host.proxy.cutAfterReceived(bytes)
      const outcome = await host
        .run('echo once >>"$1/marks"; seq 1 300; exit 6')
        .catch((error: unknown) => error)
      host.proxy.cut()
      if (!(outcome instanceof Error)) {
        expect(outcome).toMatchObject({
          kind: 'exited',
          exitCode: 6,
          output: expect.stringMatching(/300\n$/) as string,
        })
        break
      }
      expect(outcome).toMatchObject({ code: 'SSH_CONNECTION_LOST' })
      cuts += 1
    }
    expect(cuts).toBeGreaterThan(5)
    await host.connect()
    expect(host.marks()).toBe(1)
  })

  it('if the connection is cut again and again, at whatever byte of the request', async () => {
    for (let bytes = 400; bytes < 8_000; bytes += 400) {
      await host.connect()
      host.proxy.cutAfterSent(bytes)
      await host.run('echo once >>"$1/marks"; exit 6').catch(() => undefined)
      host.proxy.cut()
    }
    await host.connect()
    expect(await host.run('echo once >>"$1/marks"; exit 6')).toMatchObject({ kind: 'exited', exitCode: 6 })
    expect(host.marks()).toBe(1)
  })

  it('if its starter is killed', async () => {
    const worker = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '-e',
        WORKER,
        JSON.stringify([host.sshd.host({ port: host.proxy.port }), host.folder, HELD]),
      ],
      { cwd: fileURLToPath(new URL('../../../..', import.meta.url)), stdio: 'inherit' },
    )
    await host.untilItRuns()
    worker.kill('SIGKILL')
    const outcome = host.run(HELD)
    host.letGo()
    expect(await outcome).toMatchObject({
      exitCode: 7,
      attached: true,
      output: 'started\nfinished\n',
      ordinal: 1,
    })
    expect(host.marks()).toBe(1)
  }, 60_000)

  it('if its starter is cut off after creating the folder and before starting the unit', async () => {
    mkdirSync(host.stateFolder(), { recursive: true })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => host.run('echo once >>"$1/marks"; exit 6')),
    )
    expect(outcomes.map((outcome) => outcome.kind === 'exited' && outcome.exitCode)).toEqual(Array(5).fill(6))
    expect(host.marks()).toBe(1)
  })
})

describe('watching a unit', () => {
  it('leaves it running when the caller gives up', async () => {
    const controller = new AbortController()
    const watching = host.run(HELD, { signal: controller.signal })
    await host.untilItRuns()
    controller.abort(new Error('worker shuts down'))
    await expect(watching).rejects.toThrow('worker shuts down')
    expect(await runningUnits(host.session)).toEqual([UNIT])
    host.letGo()
    expect(await host.run(HELD)).toMatchObject({ exitCode: 7, attached: true })
  })

  it('leaves no process behind on the host when nobody listens any more', async () => {
    const followers = async () => {
      const search = script('pgrep -fc "^tail .*$1/output" || true', host.stateFolder())
      return Number((await host.session.run(search)).stdout)
    }
    const watching = host.run(HELD)
    await host.untilItRuns()
    await vi.waitFor(async () => expect(await followers()).toBe(1))
    host.proxy.cut()
    await expect(watching).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
    await host.connect()
    await vi.waitFor(async () => expect(await followers()).toBe(0), { timeout: 20_000, interval: 500 })
    expect(await runningUnits(host.session)).toEqual([UNIT])
  })
})

describe('an interrupted unit', () => {
  it('is one whose host went down, until that is acknowledged', async () => {
    const running = host.run(HELD).catch((error: unknown) => error)
    await host.untilItRuns()
    await host.powerOff()
    await running
    for (let index = 0; index < 2; index += 1) {
      expect(await host.run('exit 0')).toEqual({ kind: 'interrupted', output: 'started\n', ordinal: 1 })
    }
    await acknowledgeUnit(host.session, IDENTITY)
    expect(await host.run('exit 0')).toMatchObject({ exitCode: 0, ordinal: 2 })
  })

  it('is one that was killed, for its watchers, too', async () => {
    const running = host.run(HELD)
    await host.untilItRuns()
    host.killUnit(UNIT)
    expect(await running).toEqual({ kind: 'interrupted', output: 'started\n', ordinal: 1 })
    expect(host.journal()).toHaveLength(1)
  })

  it('is one that was stopped, with its whole process tree', async () => {
    const running = host.run('sh -c "sleep 3217" & echo once >>"$1/marks"; sleep 3217')
    await host.untilItRuns()
    expect(await stopUnit(host.session, IDENTITY)).toBe(true)
    expect(await running).toMatchObject({ kind: 'interrupted' })
    expect(await stopUnit(host.session, IDENTITY)).toBe(false)
    expect((await host.session.run(script('pgrep -fc "^sleep 3217" || true'))).stdout).toBe('0\n')
  })

  it('is not one whose command ended by a signal of its own', async () => {
    expect(await host.run('kill -9 $$')).toMatchObject({ kind: 'exited', exitCode: 137 })
  })
})

/** Another process that starts a unit: `runUnit` with what the test gives it. */
const WORKER = `
import { createSessionPool, runUnit, script } from './src/ssh/index.ts'
import { inFolder } from './test/support/session-in-folder.ts'
const [host, folder, text] = JSON.parse(process.argv.at(-1))
const session = inFolder(await createSessionPool({ agentSocket: '' }).session(host), folder)
await runUnit(session, ${JSON.stringify(IDENTITY)}, script(text, folder))
`
