/** A proxy in front of a host's sshd that resets connections: at once, or the next one at a stage of the protocol. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Host } from '../../../src/cluster/model.js'
import { command, createSessionPool, script } from './product.js'
import {
  cutAt,
  PacketReader,
  type Calibration,
  type ServerPacket,
  type SshStage,
  type Verdict,
} from './ssh-stages.js'

type Judge = (packet: ServerPacket, held: ServerPacket | undefined) => Verdict

export class SshProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>()
  private readonly server: Server
  private nextJudge: Judge | undefined
  private isArmed = false

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.server = createServer((client) => {
      this.serve(client, connect({ ...target, noDelay: true }))
    })
  }

  static async start(host: string, port: number): Promise<SshProxy> {
    const proxy = new SshProxy({ host, port })
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of this.pairs) pair.forEach((socket) => socket.resetAndDestroy())
    this.pairs.clear()
  }

  /** Resets every connection now, and the next one at the stage. */
  cutTwice(stage: SshStage, calibration: Calibration): void {
    this.nextJudge = cutAt(stage, calibration)
    this.isArmed = true
    this.cut()
  }

  /** Forgets the cut that was due; true if it never happened. */
  disarm(): boolean {
    const wasArmed = this.isArmed
    this.isArmed = false
    this.nextJudge = undefined
    return wasArmed
  }

  /** Judges the next connection's packets by `judge`. */
  judgeNext(judge: Judge): void {
    this.nextJudge = judge
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private serve(client: Socket, upstream: Socket): void {
    const pair = [client, upstream] as const
    this.pairs.add(pair)
    client.setNoDelay(true)
    const judge = this.nextJudge
    this.nextJudge = undefined
    const reader = new PacketReader()
    let held: ServerPacket | undefined
    const pass = (packet: ServerPacket) => {
      if (held !== undefined) client.write(held.bytes)
      held = undefined
      client.write(packet.bytes)
    }
    const act = (verdict: Verdict, packet: ServerPacket) => {
      if (verdict === 'pass') pass(packet)
      else if (verdict === 'hold') {
        if (held !== undefined) client.write(held.bytes)
        held = packet
      } else this.reset(pair, verdict === 'cut' ? undefined : packet)
    }
    client.on('error', () => undefined)
    upstream.on('error', () => client.resetAndDestroy())
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => {
      if (judge === undefined) client.write(chunk)
      else for (const packet of reader.read(chunk)) if (this.pairs.has(pair)) act(judge(packet, held), packet)
    })
    client.on('end', () => upstream.end())
    upstream.on('end', () => client.end())
    client.on('close', () => {
      this.pairs.delete(pair)
      upstream.destroy()
    })
  }

  /** The client gets the first half of a packet, if any, then a reset. */
  private reset(pair: readonly [Socket, Socket], packet: ServerPacket | undefined): void {
    this.isArmed = false
    this.pairs.delete(pair)
    const [client, upstream] = pair
    upstream.resetAndDestroy()
    if (packet === undefined) client.resetAndDestroy()
    else client.write(packet.bytes.subarray(0, packet.bytes.length / 2), () => client.resetAndDestroy())
  }
}

/** Much longer than loopback takes, so that groups of packets can be told apart. */
const PAUSE_MS = 300

/** Packets with which a command begins. */
const MARKS = 2

/** Packets with which a channel ends: its exit status, the end of its output, and its closing. */
const ENDING = 3

/** Learns the packets of a connection to the host behind the proxy from a real login and a real command. */
export async function calibrate(proxy: SshProxy, host: Host): Promise<Calibration> {
  const seen: { readonly length: number; readonly at: number }[] = []
  proxy.judgeNext(({ index, length }) => {
    if (index !== undefined) seen.push({ length, at: Date.now() })
    return 'pass'
  })
  const pool = createSessionPool({ agentSocket: '' })
  try {
    const session = await pool.session(host)
    await delay(PAUSE_MS)
    const ready = seen.length
    const pause = String((PAUSE_MS * 2) / 1000)
    const begun = Date.now()
    await session.run(script('sleep "$1"; printf %64s output; sleep "$1"', pause))
    // The last two of these mark where the command begins, one on each stream.
    const output = seen.filter(({ at }) => at < begun + PAUSE_MS).length - MARKS
    const end = seen.slice(-ENDING).map(({ length }) => length)
    const calibration = { ready, output, exitStatusLength: Math.max(...end), closeLength: end.at(-1) ?? 0 }
    await session.run(command('true'))
    return calibration
  } finally {
    await pool.close()
  }
}
