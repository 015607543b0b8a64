/** Another user of the machine beside `quorate ui`: in the place of its pages, or as who is not there any more. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startAssets } from '../../src/ui/assets.js'
import { isOwnConnection } from '../../src/ui/peer.js'
import { freePort } from '../support/sshd.js'
import { NOBODY } from './seal/stranger.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-neighbours-'))
  chmodSync(folder, 0o755)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function asNobody(command: string, ...args: readonly string[]) {
  return spawn(command, args, { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'inherit' })
}

describe.runIf(process.platform === 'linux')('another user', () => {
  it('who closes the connection at once is not mistaken for root', async () => {
    const server = createServer({ allowHalfOpen: true })
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const visitor = asNobody('bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; echo hello >&3`)
    const socket = await accepted
    await new Promise((resolve) => visitor.once('exit', resolve))
    expect(isOwnConnection(socket)).toBe(false)
    socket.destroy()
    server.close()
  })

  it('who has taken the port for the pages serves none of them', async () => {
    const taken = join(folder, 'taken')
    vi.stubEnv('QUORATE_TEMPORAL_CLI', lateServer(folder, taken))
    const starting = startAssets()
    starting.catch(() => undefined)
    await expect.poll(() => existsSync(join(folder, 'port')), { timeout: 20_000 }).toBe(true)
    const port = readFileSync(join(folder, 'port'), 'utf8').trim()
    const squatter = asNobody('python3', '-c', SQUATTER, port)
    try {
      // What Temporal's server does about a port that is taken, once it gets so far.
      await expect.poll(() => answersAt(port), { timeout: 20_000 }).toBe(true)
      const soon = new Promise((resolve) => setTimeout(resolve, 1_000)).then(() => 'waits')
      expect(await Promise.race([starting.then(() => 'serves'), soon])).toBe('waits')
      writeFileSync(taken, '')
      await expect(starting).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
    } finally {
      squatter.kill()
    }
  })
})

/** A Temporal CLI that has not come to its port yet, and ends when it finds it taken. */
function lateServer(where: string, taken: string): string {
  const program = join(where, 'temporal')
  const script = [
    '#!/bin/sh',
    'if [ "$1" = --version ]; then echo "temporal version 1.9.1"; exit 0; fi',
    'while [ "$1" != --ui-port ]; do shift; done',
    `echo "$2" >${where}/port.new; mv ${where}/port.new ${where}/port`,
    `while [ ! -e ${taken} ]; do sleep 0.1; done`,
    'echo "bind: address already in use" >&2; exit 1',
  ]
  writeFileSync(program, script.join('\n'), { mode: 0o755 })
  return program
}

const SQUATTER = `
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{}')
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Page).serve_forever()
`

async function answersAt(port: string): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).ok
  } catch {
    return false
  }
}
