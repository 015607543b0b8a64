import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ensureService } from '../../../../src/hosts/system/service.js'
import { onHost } from '../../../../src/activities/frame/frame.js'
import { createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { activity } from '../../../support/activity.js'
import { aCluster } from '../../../support/clusters.js'
import { poolInFolder } from '../../../support/session-in-folder.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

let folder: string
let sshd: TestSshd
let sessions: SessionPool
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-service-'))
  mkdirSync(join(folder, 'programs'))
  sshd = await startSshd({ path: [join(folder, 'programs')], environment: { HOST_FOLDER: folder } })
  sessions = poolInFolder(createSessionPool({ agentSocket: '' }), folder)
})
afterAll(async () => {
  await sessions.close()
  await sshd.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  for (const name of ['state', 'calls', 'broken', 'disabled'])
    rmSync(join(folder, name), { recursive: true, force: true })
  writeFileSync(join(folder, 'configuration'), 'one\n')
  systemctl()
})

/** A service that is active; its restarts are written down, and fail while there is a file `broken`. */
function systemctl(): void {
  const program = join(folder, 'programs', 'systemctl')
  writeFileSync(
    program,
    '#!/bin/sh\ncase $1 in is-enabled) [ ! -e "$HOST_FOLDER/disabled" ] ;; enable) rm "$HOST_FOLDER/disabled" ;; restart) [ ! -e "$HOST_FOLDER/broken" ] || exit 1; echo "$*" >>"$HOST_FOLDER/calls" ;; esac\n',
  )
  chmodSync(program, 0o755)
}

const restarts = () => {
  const calls = join(folder, 'calls')
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0
}

const ensure = () =>
  activity(() =>
    onHost(sessions, aCluster(), sshd.host(), (context) =>
      ensureService(context, {
        name: 'containerd',
        configuration: join(folder, 'configuration'),
        action: 'restart',
      }),
    ),
  )

describe('a service', () => {
  it('is restarted once for the configuration in its file', async () => {
    expect(await ensure()).toBe(true)
    expect(await ensure()).toBe(false)
    expect(restarts()).toBe(1)
  })

  it('is enabled if somebody disabled it, without a restart', async () => {
    await ensure()
    writeFileSync(join(folder, 'disabled'), '')
    expect(await ensure()).toBe(true)
    expect(existsSync(join(folder, 'disabled'))).toBe(false)
    expect(await ensure()).toBe(false)
    expect(restarts()).toBe(1)
  })

  it('is restarted by the next attempt if one died between the file and the restart', async () => {
    await ensure()
    writeFileSync(join(folder, 'configuration'), 'two\n')
    writeFileSync(join(folder, 'broken'), '')
    await expect(ensure()).rejects.toMatchObject({ type: 'COMMAND_FAILED' })
    rmSync(join(folder, 'broken'))
    expect(await ensure()).toBe(true)
    expect(restarts()).toBe(2)
  })
})
