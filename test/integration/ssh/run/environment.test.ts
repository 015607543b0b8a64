/** What people set for everything that logs in (`/etc/environment`, start-up files): none of it reaches our commands. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isApiServerReady, localApi } from '../../../../src/hosts/kubernetes/kubectl.js'
import {
  command,
  createSessionPool,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { aCluster } from '../../../support/clusters.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

const PROXY = 'http://proxy.corp:3128'
const NAMES = ['http', 'https', 'ftp', 'all'].flatMap((scheme) => [
  `${scheme}_proxy`,
  `${scheme}_proxy`.toUpperCase(),
])

/** As Go's clients do: loopback goes straight, everything else through the proxy, which knows no cluster. */
const KUBECTL = `#!/bin/sh
case "$*" in *https://127.*) proxy= ;; *) proxy=\${HTTPS_PROXY:-\${https_proxy:-}} ;; esac
if [ -n "$proxy" ]; then echo "Unable to connect to the server: Forbidden" >&2; exit 1; fi
if [ "\${KUBERC:-}" != off ]; then echo "You are about to delete the following 1 resource(s)"; exit 0; fi
printf ok
`

let folder: string
let sshd: TestSshd
let pool: SessionPool
let session: Session

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-environment-'))
  writeFileSync(join(folder, 'kubectl'), KUBECTL)
  chmodSync(join(folder, 'kubectl'), 0o755)
  sshd = await startSshd({
    path: [folder],
    environment: {
      ...Object.fromEntries(NAMES.map((name) => [name, PROXY])),
      TMOUT: '1',
      LC_ALL: 'xx_YY.UTF-8',
    },
  })
  pool = createSessionPool({ agentSocket: '' })
  session = await pool.session(sshd.host())
})

afterAll(async () => {
  await pool.close()
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

it.each([false, true])('a command has no proxy settings, as root: %s', async (root) => {
  const { stdout } = await session.run(command('env'), { root })
  expect(stdout.split('\n').filter((line) => /_proxy=/i.test(line))).toEqual([])
})

it('kubectl asks the API server directly, without a proxy', async () => {
  const host = { ...sshd.host(), internalAddress: '192.0.2.11' }
  const api = localApi(aCluster({ hosts: [host] }), { ...session, host, run: session.run.bind(session) })
  expect(await isApiServerReady(api)).toBe(true)
})

it('a nested shell in a script waits for its input as long as necessary', async () => {
  const slow = script(`(sleep 1.5; echo late) | bash -c 'read -r word; echo "$word"'`)
  expect(await session.run(slow)).toMatchObject({ exitCode: 0, stdout: 'late\n', stderr: '' })
})
