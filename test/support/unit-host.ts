/** A real sshd with a fake systemd for tests of units; each test gets a host that has run nothing yet. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import {
  command,
  createSessionPool,
  runUnit,
  runningUnits,
  script,
  type Session,
  type SessionPool,
  type UnitOptions,
  type UnitOutcome,
} from '../../src/ssh/index.js'
import { inFolder } from './session-in-folder.js'
import { startSshd, type TestSshd } from './sshd.js'
import { startProxy, type TcpProxy } from './tcp-proxy.js'

const FAKE_SYSTEMD = fileURLToPath(new URL('fake-systemd', import.meta.url))

export const IDENTITY = { operation: '0199a1b2-c3d', name: 'kubeadm-init' }
export const UNIT = 'quorate-0199a1b2-c3d-kubeadm-init-1'

/** A command that leaves a mark each time it runs, and continues when the test releases it. */
export const HELD =
  'echo started; echo once >>"$1/marks"; while [ ! -e "$1/go" ] && [ -d "$1" ]; do sleep 0.02; done; echo finished; exit 7'

export class UnitHost {
  readonly proxy: TcpProxy
  readonly sshd: TestSshd
  /** Where the host keeps its state. */
  readonly folder: string
  readonly session: Session
  readonly #pool: SessionPool
  /** The state of the units that the fake systemd runs. */
  readonly #systemd: string

  private constructor(sshd: TestSshd, proxy: TcpProxy, pool: SessionPool, session: Session, root: string) {
    this.sshd = sshd
    this.proxy = proxy
    this.#pool = pool
    this.session = session
    this.folder = join(root, 'host')
    this.#systemd = join(root, 'systemd')
  }

  static async start(): Promise<UnitHost> {
    const root = mkdtempSync(join(tmpdir(), 'quorate-units-'))
    for (const name of ['host', 'systemd']) mkdirSync(join(root, name))
    const sshd = await startSshd({
      path: [FAKE_SYSTEMD],
      environment: { FAKE_SYSTEMD: join(root, 'systemd') },
    })
    const proxy = await startProxy(sshd.port)
    const pool = createSessionPool({ agentSocket: '' })
    const session = inFolder(await pool.session(sshd.host({ port: proxy.port })), join(root, 'host'))
    return new UnitHost(sshd, proxy, pool, session, root)
  }

  async stop(): Promise<void> {
    await this.connect()
    for (const unit of await runningUnits(this.session)) {
      try {
        this.killUnit(unit)
      } catch {
        // It has ended meanwhile.
      }
    }
    await this.#pool.close()
    await this.proxy.close()
    await this.sshd.stop()
    rmSync(join(this.folder, '..'), { recursive: true })
  }

  /** A session that works again after a connection loss, which takes a moment to notice; or one from another pool. */
  async connect(pool = this.#pool): Promise<Session> {
    return vi.waitFor(async () => {
      const session = await pool.session(this.sshd.host({ port: this.proxy.port }))
      await session.run(command('true'))
      return inFolder(session, this.folder)
    })
  }

  /** Runs a unit of {@link IDENTITY}: a script whose first argument is {@link folder}. */
  run(text: string, options: UnitOptions = {}, session = this.session): Promise<UnitOutcome> {
    return runUnit(session, IDENTITY, script(text, this.folder), options)
  }

  /** How often {@link HELD} was started. */
  marks(): number {
    const path = join(this.folder, 'marks')
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
  }

  async untilItRuns(): Promise<void> {
    await vi.waitFor(() => expect(this.marks()).toBe(1), 20_000)
  }

  /** Lets {@link HELD} finish. */
  letGo(): void {
    writeFileSync(join(this.folder, 'go'), '')
  }

  stateFolder(ordinal = 1): string {
    return join(this.folder, 'state', 'operations', IDENTITY.operation, `${IDENTITY.name}.${ordinal}`)
  }

  secretFolders(): string[] {
    const path = join(this.folder, 'secrets')
    return existsSync(path) ? readdirSync(path) : []
  }

  journal(): string[] {
    return readFileSync(join(this.folder, 'state', 'journal'), 'utf8')
      .trim()
      .split('\n')
  }

  /** Kills the processes of a unit, as the kernel does when memory is short. */
  killUnit(unit: string): void {
    process.kill(-this.#pid(unit, 'main'), 'SIGKILL')
  }

  /** Kills everything on the host and empties /run, like a power loss. */
  async powerOff(): Promise<void> {
    for (const unit of await runningUnits(this.session)) {
      process.kill(this.#pid(unit, 'supervisor'), 'SIGKILL')
      this.killUnit(unit)
    }
    this.breakSystemd()
    this.mendSystemd()
    rmSync(join(this.folder, 'secrets'), { recursive: true, force: true })
  }

  /** Makes every later start of a unit fail. */
  breakSystemd(): void {
    rmSync(this.#systemd, { recursive: true })
  }

  mendSystemd(): void {
    mkdirSync(this.#systemd)
  }

  #pid(unit: string, which: 'main' | 'supervisor'): number {
    return Number(readFileSync(join(this.#systemd, `${unit}.service`, which), 'utf8'))
  }
}
