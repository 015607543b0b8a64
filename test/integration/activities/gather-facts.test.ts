import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createActivities } from '../../../src/activities/index.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import { HEADER } from '../../../src/configuration/host-prerequisites.js'
import type { Cluster, Endpoint, HostRole } from '../../../src/cluster/model.js'
import { createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { activity } from '../../support/activity.js'
import { aCluster } from '../../support/clusters.js'
import { poolInFolder } from '../../support/session-in-folder.js'
import { freePort, startSshd, type TestSshd } from '../../support/sshd.js'

let sshd: TestSshd
let sessions: SessionPool
beforeAll(async () => {
  sshd = await startSshd()
  sessions = createSessionPool({ agentSocket: '' })
})
afterAll(async () => {
  await sessions.close()
  await sshd.stop()
})

function gather(
  peers?: readonly Endpoint[],
  endpoint = 'localhost',
  role: HostRole = 'worker',
): Promise<HostFacts> {
  const host = { ...sshd.host(), role }
  const { kubernetes, ...cluster } = aCluster({ hosts: [host] })
  const controlPlaneEndpoint = { host: endpoint, port: 6443 }
  const asked: Cluster = { ...cluster, kubernetes: { ...kubernetes, controlPlaneEndpoint } }
  const { gatherFacts } = createActivities({ sessions })
  return activity(() => gatherFacts(asked, host, peers))
}

describe('facts', () => {
  it('describe the kernel and the network', async () => {
    const { details } = await gather()
    expect(details?.kernel).toBe(release())
    expect(details?.addresses.every(({ address }) => address.includes('/'))).toBe(true)
    expect(details?.missingPrograms).not.toContain('mount')
    expect(details?.dataFolders?.map(({ path }) => path)).toContain('/var/lib/etcd')
    expect(details?.dataFolders?.every(({ freeMiB, mountPoint }) => freeMiB > 0 && mountPoint !== '')).toBe(
      true,
    )
  })

  it('include no probes unless requested', async () => {
    expect((await gather()).probes).toBeUndefined()
  })
})

describe('the facts about what Quorate configures on a host', () => {
  let folder: string
  let host: TestSshd
  let pool: SessionPool
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-facts-'))
    const own = (path: string, content: string, mode = 0o644) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
      chmodSync(join(folder, path), mode)
    }
    const unit = (name: string, state: string) =>
      `MainPID=0\\nId=${name}.service\\nActiveState=${state}\\nUnitFileState=enabled\\n`
    own(
      'programs/systemctl',
      `#!/bin/sh\n[ "$1" = show ] && printf '${unit('containerd', 'active')}\\n${unit('haproxy', 'failed')}'\n`,
      0o755,
    )
    own(
      'programs/containerd',
      '#!/bin/sh\necho containerd github.com/containerd/containerd 1.7.24~ds1\n',
      0o755,
    )
    own('containerd/config.toml', 'version = 2\n', 0o600)
    own('containerd/certs.d/left.lab:5000/hosts.toml', `${HEADER}\nserver = "x"\n`)
    own('containerd/certs.d/by.hand/hosts.toml', 'server = "y"\n')
    own('state/loaded/containerd', `${'a'.repeat(64)}  -\n`)
    host = await startSshd({ path: [join(folder, 'programs')] })
    pool = poolInFolder(createSessionPool({ agentSocket: '' }), folder)
  })
  afterAll(async () => {
    await pool.close()
    await host.stop()
    rmSync(folder, { recursive: true })
  })

  it('include digests, modes, running services and the registries that it wrote', async () => {
    const asked = host.host()
    const { gatherFacts } = createActivities({ sessions: pool })
    const { configuration } = await activity(() => gatherFacts(aCluster({ hosts: [asked] }), asked))
    const digest = createHash('sha256').update('version = 2\n').digest('hex')
    expect(configuration?.files[join(folder, 'containerd/config.toml')]?.digest).toBe(digest)
    expect(configuration?.files[join(folder, 'containerd/config.toml')]?.mode).toMatch(/^600 /)
    expect(Object.keys(configuration?.files ?? {}).filter((path) => path.includes('certs.d'))).toEqual([
      join(folder, 'containerd/certs.d/left.lab:5000/hosts.toml'),
    ])
    expect(configuration?.services).toEqual({
      containerd: { active: true, enabled: true, loaded: 'a'.repeat(64) },
      haproxy: { active: false, enabled: true },
    })
    expect(configuration?.containerdMajor).toBe(1)
  })

  it('name the data of etcd only where there are some', async () => {
    const asked = host.host()
    const { gatherFacts } = createActivities({ sessions: pool })
    const paths = async () =>
      (await activity(() => gatherFacts(aCluster({ hosts: [asked] }), asked))).paths.map((path) =>
        path.slice(folder.length + 1),
      )
    // What etcd leaves that finds no data, and does not start without them.
    mkdirSync(join(folder, 'etcd-data/member/snap'), { recursive: true })
    writeFileSync(join(folder, 'etcd-data/member/snap/db'), '')
    expect(await paths()).not.toContain('etcd-data/member')
    mkdirSync(join(folder, 'etcd-data/member/wal'))
    expect(await paths()).toContain('etcd-data/member')
  })
})

describe('connection probes from a host', () => {
  it('distinguish what listens, what refuses and what has no name', async () => {
    const closed = await freePort()
    const peers = [
      { host: '127.0.0.1', port: sshd.port },
      { host: '127.0.0.1', port: closed },
      { host: 'peer.nowhere.invalid', port: 6443 },
    ]
    expect((await gather(peers)).probes?.connections).toEqual({
      [`127.0.0.1:${sshd.port}`]: 'open',
      [`127.0.0.1:${closed}`]: 'refused',
      'peer.nowhere.invalid:6443': 'name-not-resolved',
    })
  })

  it('resolve the endpoint name', async () => {
    expect((await gather([], '127.0.0.9')).probes?.endpointAddresses).toEqual(['127.0.0.9'])
    expect((await gather([], 'api.nowhere.invalid')).probes?.endpointAddresses).toEqual([])
  })

  it('run at the same time, and more of them take no longer', async () => {
    const port = await freePort()
    const peers = Array.from({ length: 100 }, (_, index) => ({ host: `127.0.0.${index + 1}`, port }))
    const { probes } = await gather(peers)
    expect(Object.values(probes?.connections ?? {})).toEqual(Array(100).fill('refused'))
  })
})

describe('the disk for etcd data', () => {
  it('is measured without a trace', async () => {
    const { probes } = await gather([], 'localhost', 'control-plane')
    expect(probes?.syncMs).toBeGreaterThan(0)
    expect(readdirSync('/var/lib').filter((name) => name.startsWith('.quorate'))).toEqual([])
  })

  it('is not measured on a worker', async () => {
    expect((await gather([])).probes?.syncMs).toBeUndefined()
  })
})
