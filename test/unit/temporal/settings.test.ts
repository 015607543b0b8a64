import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { serverSettings } from '../../../src/temporal/settings.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NO_FILE = { TEMPORAL_CONFIG_FILE: join(folder, 'missing.toml') }

function configFile(text: string): { TEMPORAL_CONFIG_FILE: string } {
  const path = join(folder, 'temporal.toml')
  writeFileSync(path, text)
  return { TEMPORAL_CONFIG_FILE: path }
}

describe('the Temporal server settings', () => {
  it('are undefined without an address, which means the embedded engine', () => {
    expect(serverSettings({}, NO_FILE)).toBeUndefined()
    expect(serverSettings({}, { ...NO_FILE, TEMPORAL_ADDRESS: '' })).toBeUndefined()
  })

  it('come from the environment, as for the Temporal CLI', () => {
    const environment = { ...NO_FILE, TEMPORAL_ADDRESS: 'temporal.lab:7233', TEMPORAL_NAMESPACE: 'ops' }
    expect(serverSettings({}, environment)).toMatchObject({ address: 'temporal.lab:7233', namespace: 'ops' })
  })

  it('come from the profile in a file', () => {
    const file = configFile('[profile.prod]\naddress = "prod:7233"\nnamespace = "clusters"\napi_key = "k"\n')
    expect(serverSettings({ profile: 'prod' }, file)).toMatchObject({
      address: 'prod:7233',
      namespace: 'clusters',
      apiKey: 'k',
      tls: true,
    })
  })

  it('come from the flags before anything else', () => {
    const environment = { ...NO_FILE, TEMPORAL_ADDRESS: 'other:7233', TEMPORAL_NAMESPACE: 'other' }
    expect(serverSettings({ address: 'flag', namespace: 'mine' }, environment)).toMatchObject({
      address: 'flag:7233',
      namespace: 'mine',
    })
  })

  it('are rejected if the profile does not exist', () => {
    expect(() => serverSettings({ profile: 'nope' }, configFile(''.concat('[profile.a]\n')))).toThrow(
      "Profile 'nope' not found",
    )
  })

  it('are rejected if only a namespace is given', () => {
    expect(() => serverSettings({ namespace: 'mine' }, NO_FILE)).toThrow('the namespace mine needs a server')
  })
})
