/** The faults of a case, and how they happen in a run. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BoundaryNames } from './history.js'
import type { SshProxy } from './ssh-proxy.js'
import type { Calibration, SshStage } from './ssh-stages.js'
import type { ActivityEvent, ActivityPlace, WorkerProcess } from './worker-process.js'

/** What breaks while a host is held: the worker, or its connection to the host. */
export type Blow = 'worker-killed' | 'ssh-cut'

export type Fault =
  | { readonly kind: 'worker-killed'; readonly boundary: string; readonly place: ActivityPlace }
  | { readonly kind: 'ssh-cut'; readonly boundary: string; readonly stage: SshStage }
  /** While a unit runs: `place` as the stand-ins name it, e.g. `cp1.kubeadm-init.certificates`. */
  | { readonly kind: 'in-unit'; readonly place: string; readonly blow: Blow }
  /** Before the command with this number on the host. */
  | { readonly kind: 'at-command'; readonly host: string; readonly number: number; readonly blow: Blow }
  | { readonly kind: 'server-killed'; readonly afterMs: number }

/** What the faults are done to. */
export interface Victims {
  readonly worker: WorkerProcess
  readonly proxies: ReadonlyMap<string, SshProxy>
  readonly calibration: Calibration
  /** Folder of the model of the cluster. */
  readonly model: string
  readonly killServer: () => Promise<void>
}

const LOOK_EVERY_MS = 20

export class Injector {
  private readonly names = new BoundaryNames()
  private readonly pending: Set<Fault>
  private readonly victims: Victims
  private readonly ended = new AbortController()
  private readonly watching: Promise<unknown>

  constructor(faults: readonly Fault[], victims: Victims) {
    this.pending = new Set(faults)
    this.victims = victims
    victims.worker.onActivity = (event) => this.onActivity(event)
    this.watching = Promise.all(faults.map((fault) => this.watch(fault)))
  }

  /** Ends the faults, and returns those that never happened. */
  async end(): Promise<readonly Fault[]> {
    this.ended.abort()
    this.victims.worker.onActivity = () => Promise.resolve()
    await this.watching
    const armed = [...this.victims.proxies.values()].filter((proxy) => proxy.disarm())
    return armed.length > 0 ? [...this.pending, ...this.cuts] : [...this.pending]
  }

  private cuts: Fault[] = []

  private async onActivity({ place, type, host, on, activityId }: ActivityEvent): Promise<void> {
    const boundary = this.names.of(type, host, activityId)
    for (const fault of this.pending) {
      if (fault.kind === 'worker-killed' && fault.boundary === boundary && fault.place === place) {
        this.pending.delete(fault)
        await this.victims.worker.kill()
        return
      }
      if (fault.kind === 'ssh-cut' && fault.boundary === boundary && place === 'before-effect') {
        this.pending.delete(fault)
        this.cuts.push(fault)
        this.victims.proxies.get(on)?.cutTwice(fault.stage, this.victims.calibration)
      }
    }
  }

  private async watch(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'worker-killed':
      case 'ssh-cut':
        return
      case 'in-unit':
        return this.hold(fault, fault.place, '')
      case 'at-command':
        return this.hold(fault, `command.${fault.host}`, `${fault.number}\n`)
      case 'server-killed':
        await delay(fault.afterMs, undefined, { signal: this.ended.signal }).catch(() => undefined)
        if (this.ended.signal.aborted) return
        this.pending.delete(fault)
        await this.victims.killServer()
    }
  }

  /** Makes the host wait at a place, strikes there, and lets it continue. */
  private async hold(fault: Extract<Fault, { blow: Blow }>, place: string, content: string): Promise<void> {
    const [hold, held] = ['hold', 'held'].map((folder) => join(this.victims.model, folder, place)) as [
      string,
      string,
    ]
    writeFileSync(hold, content)
    while (!existsSync(held)) {
      await delay(LOOK_EVERY_MS)
      if (this.ended.signal.aborted) return
    }
    this.pending.delete(fault)
    if (fault.blow === 'worker-killed') await this.victims.worker.kill()
    else this.victims.proxies.get(hostOf(fault))?.cut()
    rmSync(hold)
    rmSync(held)
  }
}

function hostOf(fault: Extract<Fault, { blow: Blow }>): string {
  return fault.kind === 'at-command' ? fault.host : (fault.place.split('.')[0] ?? '')
}
