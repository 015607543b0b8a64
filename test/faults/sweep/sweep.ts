/** The sweep's environment: one Temporal server, and the lanes, of which each case gets a free one. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { streamDecode, streamEncode } from 'dns-packet'
import { Lane, type LaneOptions } from './lane.js'
import { compileFailpoints, LOGS } from './product.js'
import { buildHostImage } from './scripted-host.js'
import { TemporalServer } from './temporal-server.js'
import { defined } from '../../../src/values/defined.js'

/**
 * Measured: a run takes some seconds of CPU, and a worker's death ten seconds of waiting for the heartbeat. So it takes
 * several lanes per processor to keep it busy.
 */
const LANES = Number(process.env.QUORATE_FAULTS_LANES ?? Math.max(4, cpus().length * 3))

/** On tmpfs, as the upper layer of a scripted host requires. */
const FOLDER = '/dev/shm'
const DNS_ADDRESS = '127.19.0.10'

/** Lanes that differ from the sweep's own. */
export interface SweepOptions extends Pick<LaneOptions, 'change' | 'environment'> {
  readonly lanes?: number
}

export class Sweep {
  readonly server: TemporalServer
  readonly lanes: readonly Lane[]
  private readonly folder: string
  private readonly dns: Server
  private readonly free: Lane[]
  private readonly queue: ((lane: Lane) => void)[] = []

  private constructor(server: TemporalServer, lanes: readonly Lane[], folder: string, dns: Server) {
    this.server = server
    this.lanes = lanes
    this.folder = folder
    this.dns = dns
    this.free = [...lanes]
  }

  static async open({ lanes: wanted = LANES, ...own }: SweepOptions = {}): Promise<Sweep> {
    rmSync(join(LOGS, 'failed'), { recursive: true, force: true })
    const failpoints = compileFailpoints()
    const folder = mkdtempSync(join(FOLDER, 'quorate-faults-'))
    const [server, image, dns] = await Promise.all([
      TemporalServer.start(),
      buildHostImage(folder),
      startDns(),
    ])
    const lanes: Lane[] = []
    for (let index = 0; index < wanted; index += 1) {
      const ownFolder = join(folder, `lane-${index}`)
      mkdirSync(ownFolder)
      lanes.push(
        await Lane.open({
          index,
          folder: ownFolder,
          image,
          server,
          failpoints,
          dnsAddress: DNS_ADDRESS,
          ...own,
        }),
      )
    }
    return new Sweep(server, lanes, folder, dns)
  }

  /** Runs `act` in the next free lane. */
  async inLane<Result>(act: (lane: Lane) => Promise<Result>): Promise<Result> {
    const lane = this.free.pop() ?? (await new Promise<Lane>((resolve) => this.queue.push(resolve)))
    try {
      return await act(lane)
    } finally {
      const next = this.queue.shift()
      if (next === undefined) this.free.push(lane)
      else next(lane)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()))
    await this.server.remove()
    await new Promise((resolve) => this.dns.close(resolve))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The cluster's DNS, for the only question that the verification asks. */
async function startDns(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (question) => {
      const { id, questions } = streamDecode(question)
      const answers = (questions ?? []).map(({ name }) => ({ type: 'A', name, data: '10.96.0.1' }) as const)
      socket.end(
        streamEncode({
          type: 'response',
          ...defined({ id }),
          questions: questions ?? [],
          answers,
        }),
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(53, DNS_ADDRESS, resolve)
  })
  return server
}
