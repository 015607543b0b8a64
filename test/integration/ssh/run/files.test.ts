/** Files on a host: whole or not at all, with their mode and owner, and untouched where they are right already. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createSessionPool, type Session, type SessionPool } from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'
import { startProxy } from '../../../support/tcp-proxy.js'

let sshd: TestSshd
let pool: SessionPool
let session: Session
let folder: string
let count = 0

beforeAll(async () => {
  sshd = await startSshd()
  pool = createSessionPool({ agentSocket: '' })
  session = await pool.session(sshd.host())
})

afterAll(async () => {
  await pool.close()
  await sshd.stop()
})

beforeEach(() => {
  folder = join(sshd.folder, `files_${(count += 1)}`)
  mkdirSync(folder)
})

it('a file is written with its content, mode and owner', async () => {
  const path = join(folder, 'a file')
  expect(await session.writeFile(path, 'content\n', { mode: 0o640, owner: 'nobody:daemon' })).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe('content\n')
  expect(statSync(path).mode & 0o7777).toBe(0o640)
  expect(statSync(path)).toMatchObject({ uid: 65534, gid: 1 })
})

it('any bytes arrive unchanged', async () => {
  const content = Buffer.concat([randomBytes(3_000_000), Buffer.from([0, 10, 13, 26, 4, 255])])
  await session.writeFile(join(folder, 'bytes'), content, { mode: 0o600 })
  expect((await session.readFile(join(folder, 'bytes')))?.equals(content)).toBe(true)
})

it('an empty file is written', async () => {
  expect(await session.writeFile(join(folder, 'empty'), '', { mode: 0o600 })).toBe(true)
  expect(await session.readFile(join(folder, 'empty'))).toEqual(Buffer.alloc(0))
})

it('a file that is up to date is left alone', async () => {
  const path = join(folder, 'same')
  await session.writeFile(path, 'content', { mode: 0o644 })
  const before = statSync(path)
  expect(await session.writeFile(path, 'content', { mode: 0o644, owner: 'root:root' })).toBe(false)
  expect(await session.writeFile(path, 'content', { mode: 0o644, owner: '0:0' })).toBe(false)
  expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
})

it.each([
  ['content', 'other', 0o644, 'root:root'],
  ['mode', 'content', 0o600, 'root:root'],
  ['owner', 'content', 0o644, 'nobody:root'],
])('a file with a different %s is rewritten', async (_what, content, mode, owner) => {
  const path = join(folder, 'differs')
  await session.writeFile(path, 'content', { mode: 0o644 })
  expect(await session.writeFile(path, content, { mode, owner })).toBe(true)
  expect(await session.writeFile(path, content, { mode, owner })).toBe(false)
})

it('missing parent folders are created', async () => {
  const path = join(folder, 'some', 'deep', 'file')
  await session.writeFile(path, 'content', { mode: 0o600 })
  expect(statSync(join(folder, 'some')).mode & 0o777).toBe(0o755)
})

it('a symbolic link is replaced, not followed', async () => {
  writeFileSync(join(folder, 'target'), 'untouched')
  symlinkSync(join(folder, 'target'), join(folder, 'link'))
  expect(await session.writeFile(join(folder, 'link'), 'untouched', { mode: 0o644 })).toBe(true)
  expect(lstatSync(join(folder, 'link')).isFile()).toBe(true)
})

it('a folder instead of the file is an error that changes nothing', async () => {
  mkdirSync(join(folder, 'taken'))
  await expect(session.writeFile(join(folder, 'taken'), 'x', { mode: 0o644 })).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining(`writing ${join(folder, 'taken')} failed on host1`) as string,
  })
  expect(readdirSync(folder)).toEqual(['taken'])
})

it('an unknown owner is an error that leaves nothing behind', async () => {
  await expect(
    session.writeFile(join(folder, 'file'), 'x', { mode: 0o644, owner: 'nobody-at-all:root' }),
  ).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
  expect(readdirSync(folder)).toEqual([])
})

it('a missing file reads as undefined, and removing it changes nothing', async () => {
  expect(await session.readFile(join(folder, 'none', 'file'))).toBeUndefined()
  expect(await session.removeFile(join(folder, 'none', 'file'))).toBe(false)
})

it('a file is removed once', async () => {
  const path = join(folder, '-rf *')
  writeFileSync(path, '')
  expect(await session.removeFile(path)).toBe(true)
  expect(existsSync(path)).toBe(false)
  expect(await session.removeFile(path)).toBe(false)
})

it('a folder is neither read nor removed', async () => {
  await expect(session.readFile(folder)).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
  await expect(session.removeFile(folder)).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
})

it('a connection lost during a transfer leaves the old file intact', async () => {
  const path = join(folder, 'precious')
  writeFileSync(path, 'old content', { mode: 0o644 })
  const proxy = await startProxy(sshd.port)
  const cutPool = createSessionPool({ agentSocket: '' })
  try {
    const throughProxy = await cutPool.session(sshd.host({ port: proxy.port }))
    for (const bytes of [100_000, 400_000, 1_600_000]) {
      proxy.cutAfterSent(bytes)
      await expect(
        throughProxy.writeFile(path, randomBytes(4_000_000), { mode: 0o644 }),
      ).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
    }
    expect(readFileSync(path, 'utf8')).toBe('old content')
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual(['precious']))
  } finally {
    await cutPool.close()
    await proxy.close()
  }
})
