/** Decisions through the CLI as a process, on a real Temporal server with a tiny workflow that parks and pauses. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../src/engine/ports.js'
import { quorate, startOnTerminal } from '../../support/quorate.js'
import { PATIENCE, TinyScene } from '../../support/tiny-scene.js'

const DOWN = '\u001b[B'
const ENTER = '\r'

const scene = TinyScene.forFile()

function run(...args: string[]) {
  return quorate([...args, '--address', scene.server.address])
}

describe('a blocked run', () => {
  it('makes attach exit with code 3 and name the deciding command, and status says the same', async () => {
    const operation = await scene.startBlocked('w1')
    const { cluster } = operation
    const attached = await run('attach', cluster)
    expect(attached.exitCode).toBe(3)
    expect(attached.stdout).toContain('⏸ w1: port 6443 is in use (KUBEADM_PREFLIGHT_FAILED)')
    expect(attached.stdout).toContain('→ free it')
    expect(attached.stdout).toContain(
      `waits for your decision on prepare-hosts/w1: quorate resume ${cluster}`,
    )
    expect(attached.stderr).not.toContain('waits for')
    const status = await run('status', cluster)
    expect(status.exitCode).toBe(3)
    expect(status.stdout).toContain('⏸ prepare-hosts/w1  waits for you since')
    await operation.decide({ kind: 'abort' })
  })

  it('is retried by resume and followed to its end', async () => {
    const { cluster } = await scene.startBlocked('cp1', 'w1')
    scene.controls.broken.clear()
    const { exitCode, stdout } = await run('resume', cluster)
    expect(stdout).toContain('▶ trying again: prepare-hosts/cp1, prepare-hosts/w1')
    expect(exitCode).toBe(0)
  })

  it('continues without a skipped host and says so at the end', async () => {
    const { cluster } = await scene.startBlocked('w1')
    const { exitCode, stdout } = await run('resume', cluster, '--skip', 'w1', '--reason', 'being repaired')
    expect(stdout).toContain('⚠ prepare-hosts/w1 was left out: being repaired')
    expect(exitCode).toBe(0)
  })

  it('ends when it is aborted and shows the state of every host', async () => {
    const { cluster } = await scene.startBlocked('w1')
    const { exitCode, stderr } = await run('resume', cluster, '--abort', '--reason', 'wrong machine')
    expect(stderr).toContain(`✘ apply of ${cluster} was aborted`)
    expect(stderr).toMatch(/HOST +STATE\ncp1 +prepared\nw1 +parked in the preparation\n/)
    expect(exitCode).toBe(1)
  })

  it('reports decisions as JSON and detaches on request', async () => {
    const { cluster } = await scene.startBlocked('w1')
    const { exitCode, stdout } = await run('resume', cluster, '--retry', 'w1', '--detach', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'decision',
      decision: 'retry',
      steps: ['prepare-hosts/w1'],
    })
    scene.controls.broken.clear()
    await run('resume', cluster)
  })
})

describe('a review', () => {
  it('shows the plan, waits with exit code 3, and is approved only explicitly', async () => {
    scene.controls.finished = true
    const { cluster } = await scene.start({ review: true })
    const waiting = await run('attach', cluster)
    expect(waiting.exitCode).toBe(3)
    expect(waiting.stdout).toMatch(/cp1 +Prepare hosts +\+ work on cp1/)
    expect(waiting.stdout).toContain(`quorate resume ${cluster} --approve`)
    expect(await run('resume', cluster)).toMatchObject({ exitCode: 2 })
    expect(await run('resume', cluster, '--approve')).toMatchObject({ exitCode: 0 })
  })
})

describe('a pause', () => {
  it('begins with a signal and ends with resume', async () => {
    const operation = await scene.startBlocked('w1')
    const { cluster } = operation
    expect(await run('signal', 'pause', cluster)).toMatchObject({ exitCode: 0 })
    scene.controls.broken.clear()
    await expect
      .poll(async () => (await operation.describe()).progress?.blockedOn, PATIENCE)
      .toContain('pause')
    const { exitCode, stdout } = await run('resume', cluster)
    expect(stdout).toContain('▶ the pause is over')
    expect(exitCode).toBe(0)
  })
})

describe('a cancel', () => {
  it('waits for the run to end and shows the state of every host', async () => {
    const { cluster } = await scene.startBlocked('w1')
    const { exitCode, stderr } = await run('cancel', cluster)
    expect(stderr).toContain(`✘ apply of ${cluster} was cancelled`)
    expect(stderr).toMatch(/w1 +parked in the preparation/)
    expect(exitCode).toBe(0)
  })
})

describe('an invalid decision exits with 2 and changes nothing:', () => {
  it('for a run that is not blocked', async () => {
    const operation = await scene.start()
    const { cluster } = operation
    for (const option of [[], ['--retry'], ['--abort'], ['--approve']]) {
      const { exitCode, stderr } = await run('resume', cluster, ...option)
      expect([exitCode, /\((\w+)\)/.exec(stderr)?.[1]]).toEqual([2, 'OPERATION_NOT_BLOCKED'])
    }
    await operation.cancel()
  })

  it('for a step that does not exist or cannot be skipped', async () => {
    const operation = await scene.startBlocked('cp1')
    const { cluster } = operation
    const unknown = await run('resume', cluster, '--retry', 'prepare-hosts/w7')
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('(STEP_UNKNOWN)')])
    const firm = await run('resume', cluster, '--skip', 'cp1', '--reason', 'x')
    expect(firm.exitCode).toBe(2)
    expect(firm.stderr).toContain('prepare-hosts/cp1 cannot be skipped: without it there is no cluster')
    expect(await operation.describe()).toMatchObject({ state: 'blocked' })
    await operation.decide({ kind: 'abort' })
  })

  it('for a run that has ended', async () => {
    scene.controls.finished = true
    const operation = await scene.start()
    const { cluster } = operation
    await operation.result()
    for (const args of [['resume'], ['signal', 'pause'], ['cancel']]) {
      const { exitCode, stderr } = await run(...args, cluster)
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/ended at .*: done \(OPERATION_ENDED\)/)])
    }
  })

  it('for an unknown cluster', async () => {
    for (const args of [['resume'], ['signal', 'pause'], ['cancel']]) {
      const { exitCode, stderr } = await run(...args, 'nobody')
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('(OPERATION_NOT_FOUND)')])
    }
  })

  it('without a worker', async () => {
    const { cluster } = await scene.startBlocked('w1')
    await scene.stopWorker()
    const { exitCode, stderr } = await run('resume', cluster)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('(NO_WORKER)')])
    await scene.startWorker()
    await run('cancel', cluster)
  })

  it('with options that exclude each other, or without a reason, before anything is contacted', async () => {
    const address = ['--address', `127.0.0.1:${await freePort()}`]
    const twice = await quorate(['resume', 'prod', '--abort', '--approve', ...address])
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining('exclude each other')])
    const without = await quorate(['resume', 'prod', '--skip', 'w1', ...address])
    expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining('needs a reason')])
  })

  it('and starts no engine if no operation is known', async () => {
    const home = mkdtempSync(join(tmpdir(), 'quorate-resume-'))
    const { exitCode, stderr } = await quorate(['resume', 'prod'], { QUORATE_HOME: home })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('no operation has been started here yet')])
    expect(readdirSync(home)).toEqual([])
    rmSync(home, { recursive: true })
  })
})

describe('on a terminal', () => {
  it('attach asks when the run is blocked, and continues with the answer', async () => {
    const { cluster } = await scene.startBlocked('w1')
    scene.controls.broken.clear()
    const terminal = startOnTerminal(['attach', cluster, '--address', scene.server.address])
    await expect.poll(terminal.output, PATIENCE).toContain('○ abort')
    expect(terminal.output()).toContain('port 6443 is in use')
    terminal.type(ENTER)
    expect((await terminal.ended).exitCode).toBe(0)
    expect(terminal.output()).toContain('trying again: prepare-hosts/w1')
  })

  it('resume asks, and skips a step with a reason', async () => {
    const { cluster } = await scene.startBlocked('w1')
    const terminal = startOnTerminal(['resume', cluster, '--address', scene.server.address])
    await expect.poll(terminal.output, PATIENCE).toContain('○ abort')
    terminal.type(DOWN)
    terminal.type(ENTER)
    await expect.poll(terminal.output, PATIENCE).toContain('Why leave prepare-hosts/w1 out?')
    terminal.type(`being repaired${ENTER}`)
    expect((await terminal.ended).exitCode).toBe(0)
    expect(terminal.output()).toContain('leaving out prepare-hosts/w1: being repaired')
  })

  it('a question disappears when it is answered elsewhere', async () => {
    const operation = await scene.startBlocked('w1')
    const terminal = startOnTerminal(['attach', operation.cluster, '--address', scene.server.address])
    await expect.poll(terminal.output, PATIENCE).toContain('○ abort')
    scene.controls.broken.clear()
    await operation.decide({ kind: 'retry' })
    expect((await terminal.ended).exitCode).toBe(0)
    expect(terminal.output()).toContain('this was decided elsewhere')
  })
})
