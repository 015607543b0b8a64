import { createHash } from 'node:crypto'
import { parse } from 'smol-toml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sealRegistryLogins, writeRegistryLogin } from '../../../../src/hosts/containerd/registry-logins.js'
import { hostsTomlPath, renderHostsToml } from '../../../../src/configuration/containerd/registries.js'
import type { HostConfiguration } from '../../../../src/facts/host-configuration.js'
import type { RegistryMirror } from '../../../../src/cluster/model.js'
import { sha256 } from '../../../../src/values/sha256.js'
import type { Session } from '../../../../src/ssh/session.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { unconnected } from '../../../support/unconnected.js'

const PASSWORD = 'correct horse'
const MIRROR = {
  registry: 'reg.lab',
  endpoint: 'https://mirror.lab',
  login: { username: 'me', password: { env: 'QUORATE_TEST_REGISTRY' } },
} satisfies RegistryMirror
const PATH = hostsTomlPath(MIRROR)
const CLUSTER = aCluster({ containerRuntime: { registries: [MIRROR], config: {} } })

let files: Map<string, { content: string; mode: number }>
let session: Session
beforeEach(() => {
  process.env['QUORATE_TEST_REGISTRY'] = PASSWORD
  files = new Map()
  session = {
    host: aHost('cp1'),
    ...unconnected(),
    run: () => Promise.reject(new Error('no command is needed')),
    readFile: (path) => Promise.resolve(bytesOf(path)),
    writeFile: (path, content, { mode }) => {
      const isNew = files.get(path)?.content !== content.toString()
      files.set(path, { content: content.toString(), mode })
      return Promise.resolve(isNew)
    },
    removeFile: (path) => Promise.resolve(files.delete(path)),
  }
})
afterEach(() => {
  delete process.env['QUORATE_TEST_REGISTRY']
})

function bytesOf(path: string): Buffer | undefined {
  const file = files.get(path)
  return file === undefined ? undefined : Buffer.from(file.content)
}

/** What the facts script tells of the file. */
function configuration(): HostConfiguration {
  const { content = '' } = files.get(PATH) ?? {}
  const digest = createHash('sha256').update(content).digest('hex')
  const found = { [PATH]: { mode: '600 root:root', digest } }
  return { files: found, modules: [], parameters: {}, services: {} }
}

describe('the file with a registry login', () => {
  it('contains the login and is readable by root only', async () => {
    expect(await writeRegistryLogin(session, MIRROR)).toBe(true)
    const { content = '', mode } = files.get(PATH) ?? {}
    const Authorization = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`
    expect(mode).toBe(0o600)
    expect(parse(content)).toMatchObject({ host: { 'https://mirror.lab': { header: { Authorization } } } })
  })

  it('is left unchanged if it is up to date', async () => {
    await writeRegistryLogin(session, MIRROR)
    expect(await writeRegistryLogin(session, MIRROR)).toBe(false)
  })

  it('is rewritten for another password', async () => {
    await writeRegistryLogin(session, MIRROR)
    process.env['QUORATE_TEST_REGISTRY'] = 'another'
    expect(await writeRegistryLogin(session, MIRROR)).toBe(true)
  })

  it('has a different digest on each host, which reveals nothing about the password', async () => {
    await writeRegistryLogin(session, MIRROR)
    const first = files.get(PATH)?.content
    files.clear()
    await writeRegistryLogin(session, MIRROR)
    expect(files.get(PATH)?.content).not.toBe(first)
  })

  it('cannot be written without the password on the worker', async () => {
    delete process.env['QUORATE_TEST_REGISTRY']
    await expect(writeRegistryLogin(session, MIRROR)).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining('the password of me for the registry reg.lab') as string,
    })
  })
})

describe('the facts about a registry login', () => {
  it('match the plan if the file does', async () => {
    await writeRegistryLogin(session, MIRROR)
    const told = await sealRegistryLogins(session, CLUSTER, configuration())
    expect(told.files[PATH]?.digest).toBe(sha256(renderHostsToml(MIRROR)))
  })

  it.each([
    ['has another password', () => (process.env['QUORATE_TEST_REGISTRY'] = 'another')],
    ['was changed by hand', () => files.set(PATH, { content: 'server = "x"', mode: 0o600 })],
  ])('differ from the plan if the file %s', async (_what, change) => {
    await writeRegistryLogin(session, MIRROR)
    change()
    const told = await sealRegistryLogins(session, CLUSTER, configuration())
    expect(told.files[PATH]?.digest).toBe('other')
  })

  it('say nothing if there is no file', async () => {
    const none = { ...configuration(), files: {} }
    expect((await sealRegistryLogins(session, CLUSTER, none)).files).toEqual({})
  })
})
