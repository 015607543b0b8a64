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

describe('the Temporal server', () => {
  it('is the embedded engine when nothing names one', () => {
    expect(serverSettings({}, NO_FILE)).toBeUndefined()
    expect(serverSettings({}, { ...NO_FILE, TEMPORAL_ADDRESS: '' })).toBeUndefined()
  })

  it('is named by the environment, as for the Temporal CLI', () => {
    const environment = { ...NO_FILE, TEMPORAL_ADDRESS: 'temporal.lab:7233', TEMPORAL_NAMESPACE: 'ops' }
    expect(serverSettings({}, environment)).toMatchObject({ address: 'temporal.lab:7233', namespace: 'ops' })
  })

  it('is named by the profile of a file', () => {
    const file = configFile('[profile.prod]\naddress = "prod:7233"\nnamespace = "clusters"\napi_key = "k"\n')
    expect(serverSettings({ profile: 'prod' }, file)).toMatchObject({
      address: 'prod:7233',
      namespace: 'clusters',
      apiKey: 'k',
      tls: true,
    })
  })

  it('is what the flags say, before everything else', () => {
    const environment = { ...NO_FILE, TEMPORAL_ADDRESS: 'other:7233', TEMPORAL_NAMESPACE: 'other' }
    expect(serverSettings({ address: 'flag', namespace: 'mine' }, environment)).toMatchObject({
      address: 'flag:7233',
      namespace: 'mine',
    })
  })

  it('is refused when its profile is not there', () => {
    expect(() => serverSettings({ profile: 'nope' }, configFile(''.concat('[profile.a]\n')))).toThrow(
      "Profile 'nope' not found",
    )
  })

  it('is missed when only a namespace is given', () => {
    expect(() => serverSettings({ namespace: 'mine' }, NO_FILE)).toThrow('the namespace mine needs a server')
  })
})
