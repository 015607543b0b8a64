/** What people set for everything that logs in (`/etc/environment`, start-up files): none of it reaches our commands. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  command,
  createSessionPool,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

const PROXY = 'http://proxy.corp:3128'
const NAMES = ['http', 'https', 'ftp', 'all'].flatMap((scheme) => [
  `${scheme}_proxy`,
  `${scheme}_proxy`.toUpperCase(),
])
/** What people set for their own work with a host's programs; crictl and nproc prefer it to any file. */
const FOR_PEOPLE = {
  CONTAINER_RUNTIME_ENDPOINT: 'unix:///run/k3s/containerd/containerd.sock',
  IMAGE_SERVICE_ENDPOINT: 'unix:///run/k3s/containerd/containerd.sock',
  CRI_CONFIG_FILE: '/etc/other-crictl.yaml',
  CONTAINERD_ADDRESS: '/run/k3s/containerd/containerd.sock',
  KUBECONFIG: '/root/other-cluster.yaml',
  OMP_NUM_THREADS: '1',
  OMP_THREAD_LIMIT: '1',
}

let sshd: TestSshd
let pool: SessionPool
let session: Session

beforeAll(async () => {
  sshd = await startSshd({
    environment: {
      ...Object.fromEntries(NAMES.map((name) => [name, PROXY])),
      ...FOR_PEOPLE,
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
})

it.each([false, true])('a command has no proxy settings, as root: %s', async (root) => {
  const { stdout } = await session.run(command('env'), { root })
  expect(stdout.split('\n').filter((line) => /_proxy=/i.test(line))).toEqual([])
})

it.each([false, true])('a command has no settings that are for people, as root: %s', async (root) => {
  const { stdout } = await session.run(command('env'), { root })
  const names = stdout.split('\n').map((line) => line.split('=')[0] ?? '')
  expect(names.filter((name) => Object.hasOwn(FOR_PEOPLE, name))).toEqual([])
})

it('a nested shell in a script waits for its input as long as necessary', async () => {
  const slow = script(`(sleep 1.5; echo late) | bash -c 'read -r word; echo "$word"'`)
  expect(await session.run(slow)).toMatchObject({ exitCode: 0, stdout: 'late\n', stderr: '' })
})
