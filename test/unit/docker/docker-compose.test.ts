import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { PROJECT } from '../../support/process.js'

interface Service {
  readonly image: string
  readonly restart?: string
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
  readonly configs?: readonly { readonly source: string }[]
}

const compose = parse(readFileSync(`${PROJECT}/docker-compose.yml`, 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>
  readonly configs: Readonly<Record<string, unknown>>
  readonly volumes: Readonly<Record<string, unknown>>
}
const services = Object.values(compose.services)
const manifest = JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8')) as { version: string }

describe('docker-compose.yml', () => {
  it('publishes ports on this machine only', () => {
    for (const port of services.flatMap(({ ports }) => ports ?? [])) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('pins every image to a version', () => {
    for (const { image } of services) expect(image).toMatch(/:\d+\.\d+/)
  })

  it('runs the current version of the worker', () => {
    expect(compose.services.worker?.image).toBe(`quorate:${manifest.version}`)
  })

  it('restarts the database, the server and workers that die', () => {
    const lasting = ['postgresql', 'temporal', 'worker'].map((name) => compose.services[name]?.restart)
    expect(lasting).toEqual(['unless-stopped', 'unless-stopped', 'unless-stopped'])
  })

  it('refers only to services, configs and volumes that it defines', () => {
    for (const { depends_on = {}, configs = [], volumes = [] } of services) {
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(depends_on)))
      expect(Object.keys(compose.configs)).toEqual(
        expect.arrayContaining(configs.map(({ source }) => source)),
      )
      const named = volumes.flatMap((volume) => /^[a-z]+(?=:)/.exec(volume)?.[0] ?? [])
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named))
    }
  })
})
