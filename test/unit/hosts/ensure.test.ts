import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../../src/errors/index.js'
import { ensure } from '../../../src/hosts/ensure.js'
import { command } from '../../../src/ssh/index.js'
import { aHost } from '../../support/clusters.js'
import { scriptedSession } from '../../support/scripted-session.js'

const STATE = {
  title: 'lamp',
  holds: command('is-lit'),
  make: command('light-it'),
  otherwise: { code: 'KERNEL_NOT_PREPARED', message: 'the lamp stays dark', hint: 'replace the bulb' },
} as const

/** A host with a lamp. `works`: whether lighting it has an effect. */
function aLamp(isLit: boolean, works = true) {
  const ran: string[] = []
  let lit = isLit
  const session = scriptedSession(aHost('w1'), [
    ['is-lit', () => (ran.push('look'), lit ? 0 : 1)],
    ['light-it', () => (ran.push('light'), (lit = works), 0)],
  ])
  const error = (code: 'KERNEL_NOT_PREPARED', message: string, details = {}) =>
    new QuorateError(code, message, { host: 'w1', ...details })
  return { ran, ensured: ensure({ session, error: error as never }, STATE) }
}

describe('a state that a host must be in', () => {
  it('costs one look if the host is in it', async () => {
    const { ran, ensured } = aLamp(true)
    expect(await ensured).toBe(false)
    expect(ran).toEqual(['look'])
  })

  it('is made and looked at again if the host is not in it', async () => {
    const { ran, ensured } = aLamp(false)
    expect(await ensured).toBe(true)
    expect(ran).toEqual(['look', 'light', 'look'])
  })

  it('is an error about the host if making it has no effect', async () => {
    await expect(aLamp(false, false).ensured).rejects.toMatchObject({
      code: 'KERNEL_NOT_PREPARED',
      message: 'the lamp stays dark',
      context: { host: 'w1', step: 'lamp', hint: 'replace the bulb' },
    })
  })
})
