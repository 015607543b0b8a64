/** The secret files of units: who can read them, how long they live, and that they are nowhere else. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { script } from '../../../../src/ssh/index.js'
import { HELD, UNIT, UnitHost } from '../../../support/unit-host.js'

let host: UnitHost

beforeEach(async () => {
  host = await UnitHost.start()
})

afterEach(() => host.stop())

const secrets = { 'config.yaml': 'token: abc\n"quoted" $HOME \\ é', empty: '' }

it('the secrets of a unit are files that only root can read, in a folder that the command learns', async () => {
  const outcome = await host.run(
    'cd "$QUORATE_SECRETS"; stat -c %a . config.yaml empty; cat config.yaml; pwd',
    {
      secrets,
    },
  )
  expect(outcome.output).toBe(`700\n600\n600\n${secrets['config.yaml']}${host.folder}/secrets/${UNIT}\n`)
})

it('the secrets of a unit are gone before its outcome is known', async () => {
  await host.run('exit 1', { secrets })
  expect(host.secretFolders()).toEqual([])
})

it('the secrets of a unit are gone after it was killed', async () => {
  const running = host.run(HELD, { secrets })
  await host.untilItRuns()
  expect(host.secretFolders()).toEqual([UNIT])
  host.killUnit(UNIT)
  await running
  expect(host.secretFolders()).toEqual([])
})

it('the secrets that a killed unit leaves behind are removed by the next caller', async () => {
  const running = host.run(HELD, { secrets }).catch((error: unknown) => error)
  await host.untilItRuns()
  await host.powerOff()
  await running
  mkdirSync(join(host.folder, 'secrets', UNIT), { recursive: true })
  writeFileSync(join(host.folder, 'secrets', UNIT, 'config.yaml'), 'left')
  expect(await host.run('true')).toMatchObject({ kind: 'interrupted' })
  expect(host.secretFolders()).toEqual([])
})

it('the secrets of a unit are in no argument, state file or environment', async () => {
  const canary = 'canary-7f3a9c'
  const running = host.run(
    'echo once >>"$1/marks"; tr "\\0" "\\n" </proc/self/environ; while [ ! -e "$1/go" ] && [ -d "$1" ]; do sleep 0.02; done',
    { secrets: { key: canary } },
  )
  await host.untilItRuns()
  const encoded = Buffer.from(canary).toString('base64').replace(/=+$/, '')
  // The bracket keeps the search from finding itself.
  const search = script(
    'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -aoE "$1" || true; grep -rlE "$1" "$2" || true',
    `[c]anary-7f3a9c|[${encoded.slice(0, 1)}]${encoded.slice(1)}`,
    join(host.folder, 'state'),
  )
  expect((await host.session.run(search)).stdout).toBe('')
  host.letGo()
  expect((await running).output).not.toContain(canary)
})
