import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handOverAgent, handOverIdleAgent } from '../../../src/engine/agent.js'
import { engineHome, makeHome } from '../../../src/engine/home.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe("the caller's SSH agent", () => {
  let agents: Server[] = []
  afterEach(async () => {
    await Promise.all(agents.map((agent) => new Promise((resolve) => agent.close(resolve))))
    agents = []
  })

  async function anAgent(name: string): Promise<string> {
    const socket = join(folder, name)
    const agent = createServer()
    await new Promise<void>((resolve) => agent.listen(socket, resolve))
    agents.push(agent)
    return socket
  }

  it("is the latest one handed over, through the worker's link", async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    for (const name of ['first', 'second']) {
      const socket = await anAgent(name)
      handOverAgent(home, { SSH_AUTH_SOCK: socket })
      expect(readlinkSync(home.agent)).toBe(socket)
    }
  })

  it('is kept while it answers and an operation is open, and replaced otherwise', async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    const mine = await anAgent('mine')
    const others = { SSH_AUTH_SOCK: await anAgent('others') }
    handOverAgent(home, { SSH_AUTH_SOCK: mine })
    await handOverIdleAgent(home, () => Promise.resolve(true), others)
    expect(readlinkSync(home.agent)).toBe(mine)
    await handOverIdleAgent(home, () => Promise.resolve(false), others)
    expect(readlinkSync(home.agent)).toBe(others.SSH_AUTH_SOCK)
    handOverAgent(home, { SSH_AUTH_SOCK: mine })
    await new Promise((resolve) => agents[0]?.close(resolve))
    agents = agents.slice(1)
    await handOverIdleAgent(home, () => Promise.resolve(true), others)
    expect(readlinkSync(home.agent)).toBe(others.SSH_AUTH_SOCK)
  })

  it('is kept if the next caller has none or a dead one', async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    const socket = await anAgent('agent')
    handOverAgent(home, { SSH_AUTH_SOCK: socket })
    handOverAgent(home, {})
    handOverAgent(home, { SSH_AUTH_SOCK: join(folder, 'gone') })
    expect(readlinkSync(home.agent)).toBe(socket)
  })
})
