import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { installKubernetes } from '../../../../src/hosts/packages/kubernetes.js'
import type { Session } from '../../../../src/ssh/index.js'
import { aCluster } from '../../../support/clusters.js'
import { fakeApt } from './fake-apt.js'
import { localContext } from '../../../support/local-context.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { defined } from '../../../../src/values/defined.js'

vi.mock('../../../../src/hosts/durable.js', () => import('../../../support/local-context.js'))

const AVAILABLE = [
  'ca-certificates 2023',
  'containerd 1.6.20',
  'containernetworking-plugins 1.1.1',
  'iptables 1.8.9',
  'mount 2.38',
  'procps 4.0.2',
  ...['kubeadm', 'kubelet', 'kubectl'].map((name) => `${name} 1.36.3-1.1`),
]
/** As long as apt checks with the key that was there first, it does not accept the repository's signature. */
const EXPIRED = `if [ "$(cat "$here/apt/keyrings/quorate-kubernetes.asc")" = old ]; then
  echo 'W: GPG error: https://pkgs.k8s.io/core:/stable:/v1.36/deb  InRelease: The following signatures were invalid: EXPKEYSIG 234654DA9A296436'; fi`

let folder: string
let apt: FakePrograms
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-apt-'))
  apt = fakeApt(folder, AVAILABLE)
  apt.add('systemctl', 'exit 0')
  new FakePrograms(join(folder, 'apt-programs')).add('apt-helper', 'cp "$here/offered" "$3"')
  offer('old')
  mkdirSync(join(folder, 'debian-cni'))
  for (const name of ['loopback', 'bridge', 'host-local', 'portmap']) {
    writeFileSync(join(folder, 'debian-cni', name), '')
  }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const offer = (key: string) => writeFileSync(join(folder, 'apt-programs', 'offered'), key)
const keyOnHost = () => readFileSync(join(folder, 'apt/keyrings/quorate-kubernetes.asc'), 'utf8')
const install = (signingKey?: string) => {
  const packages = { install: true, repository: 'https://pkgs.k8s.io' }
  const given = defined({ signingKey })
  return installKubernetes(localContext(apt, aCluster({ packages: { ...packages, ...given } })))
}

describe('a repository key that apt no longer accepts', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'apt/keyrings'), { recursive: true })
    writeFileSync(join(folder, 'apt/keyrings/quorate-kubernetes.asc'), 'old')
    apt.put('update', EXPIRED)
  })

  it('is fetched again if the repository has renewed it, and the summary says so', async () => {
    offer('new')
    const { changed, notes } = await install()
    expect(changed).toBe(true)
    expect(notes).toEqual([
      expect.stringMatching(
        /^the repository's signing key was renewed: sha256:cba06b5736fa → sha256:11507a0e2f5e$/,
      ),
    ])
    expect(keyOnHost()).toBe('new')
  })

  it('is reported if the repository still offers the same key', async () => {
    await expect(install()).rejects.toMatchObject({
      code: 'REPOSITORY_KEY_INVALID',
      message: expect.stringMatching(/EXPKEYSIG 234654DA9A296436.*still offers the same key/) as string,
    })
  })

  it('is never replaced if it comes from the cluster file, and the error says so', async () => {
    offer('new')
    await expect(install('old')).rejects.toMatchObject({
      code: 'REPOSITORY_KEY_INVALID',
      message: expect.stringContaining('which Quorate never replaces') as string,
    })
    expect(keyOnHost()).toBe('old')
  })
})

describe('a host that people prepare themselves', () => {
  it('needs only the packages with a version: its other programs may come from elsewhere', async () => {
    for (const name of ['containerd', 'kubeadm', 'kubelet', 'kubectl']) {
      apt.put(`installed/${name}`, name === 'containerd' ? '2.1.4' : '1.36.3-150500.1.1')
    }
    const packages = { install: false, repository: 'https://pkgs.k8s.io' }
    const { notes } = await installKubernetes(localContext(apt, aCluster({ packages })))
    expect(notes).toEqual([])
    expect(apt.calls().filter((call) => call.startsWith('apt-get'))).toEqual([])
  })
})

describe("Debian's CNI plugins", () => {
  it('are linked once to where containerd and Flannel look', async () => {
    expect((await install()).changed).toBe(true)
    const link = join(folder, 'cni/bin/loopback')
    expect(readlinkSync(link)).toBe(join(folder, 'debian-cni/loopback'))
    expect((await install()).changed).toBe(false)
  })

  it('are inspected as root, since systemctl answers nobody else without a message bus', async () => {
    await install()
    const step = localContext(apt, aCluster())
    const asRoot: unknown[] = []
    const session: Session = {
      ...step.session,
      run: (command, options) => {
        if (command.line.includes('is-enabled')) asRoot.push(options?.root)
        return step.session.run(command, options)
      },
    }
    await installKubernetes({ ...step, session })
    expect(asRoot).toEqual([true])
  })

  it('are reported if they cannot be found', async () => {
    rmSync(join(folder, 'debian-cni/portmap'))
    await expect(install()).rejects.toMatchObject({
      code: 'HOST_NOT_PREPARED',
      message: expect.stringContaining('the CNI plugin portmap is neither in') as string,
    })
    expect(existsSync(join(folder, 'cni/bin/portmap'))).toBe(false)
  })
})
