/** The product's worker in its own process, restarted as soon as it dies, as a supervisor does. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from '../../support/process.js'

/** How far an activity is: its body has not begun; it is done but not reported; the server has its report. */
export type ActivityPlace = 'before-effect' | 'after-effect' | 'after-report'

/** What the failpoints send. */
export interface ActivityEvent {
  readonly id: number
  readonly place: ActivityPlace
  readonly type: string
  /** Name of the host that it is about; empty if the activity has none. */
  readonly host: string
  /** Name of the host on which it acts: another one where the host that it is about may be out of reach. */
  readonly on: string
  readonly activityId: string
  readonly attempt: number
}

export interface WorkerProcessOptions {
  readonly address: string
  readonly namespace: string
  /** URL of the compiled failpoints. */
  readonly failpoints: string
  readonly log: string
  /** Further variables of the worker's environment. */
  readonly environment?: Readonly<Record<string, string>>
}

export class WorkerProcess {
  /** Called at each place that an activity reaches; the activity waits for it. */
  onActivity: (event: ActivityEvent) => Promise<void> = () => Promise.resolve()
  /** When the process was restarted, in milliseconds since the epoch. */
  readonly restarts: number[] = []
  /** Set if the process ended without being killed, which must never happen. */
  ownEnd: string | undefined
  private readonly options: WorkerProcessOptions
  private child: ChildProcess | undefined
  private exited: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(options: WorkerProcessOptions) {
    this.options = options
    this.start()
  }

  /** Kills the process like a crash. Once this resolves, another is running. */
  async kill(): Promise<void> {
    const { exited } = this
    this.child?.kill('SIGKILL')
    await exited
  }

  /** Stops the process for good. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.kill()
  }

  private start(): void {
    const { address, namespace, failpoints, log, environment } = this.options
    const output = openSync(log, 'a')
    const child = spawn(
      process.execPath,
      [
        '--import',
        failpoints,
        join(PROJECT, 'bin', 'quorate.js'),
        'worker',
        '--address',
        address,
        '--namespace',
        namespace,
      ],
      {
        cwd: PROJECT,
        env: { ...workerEnvironment(), ...environment },
        stdio: ['ignore', output, output, 'ipc'],
      },
    )
    closeSync(output)
    child.on('message', (event: ActivityEvent) => {
      void this.onActivity(event).then(() => {
        if (child.connected) child.send(event.id, () => undefined)
      })
    })
    this.child = child
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (signal !== 'SIGKILL') {
          this.ownEnd = `the worker ended by itself (${code ?? signal ?? ''}), see ${log}`
        } else if (!this.stopped) {
          this.start()
          this.restarts.push(Date.now())
        }
        resolve()
      })
    })
  }
}

/** Nothing from the person who runs the tests: no Temporal settings, no agent. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      name === 'QUORATE_SEAL_KEY_FILE' ||
      !/^(TEMPORAL_|QUORATE_|VITEST|NODE_OPTIONS|SSH_AUTH_SOCK|FORCE_COLOR)/.test(name),
  )
  return { ...Object.fromEntries(inherited), NODE_ENV: 'production' }
}
