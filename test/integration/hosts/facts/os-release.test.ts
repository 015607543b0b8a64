import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatherFacts } from '../../../../src/activities/gather-facts.js'
import type { Session } from '../../../../src/ssh/session.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { localSession } from '../../../support/local-session.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-os-release-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a host whose os-release has mistakes', () => {
  it.each([
    ['a value without its quotes', 'ID=debian\nNAME=Foo Linux\n', 'debian'],
    ['a variable that nobody sets', 'ID=debian\nPRETTY_NAME="Foo $EDITION"\n', 'debian'],
    ['a quote that never ends', 'ID=debian\nPRETTY_NAME="Foo\n', ''],
  ])('tells everything else: %s', async (_, text, osId) => {
    const path = join(folder, 'os-release')
    writeFileSync(path, text)
    const local = localSession()
    const session: Session = {
      ...local,
      run: ({ line }, options) => local.run({ line: line.replaceAll('/etc/os-release', path) }, options),
    }
    const facts = await gatherFacts({ session, cluster: aCluster(), host: aHost('cp1') })
    expect(facts).toMatchObject({ osId, initSystem: expect.stringMatching(/./) as string })
  })
})
