import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdMembers, etcdObstacle, removeMember } from '../../../src/hosts/etcd/members.js'
import { createActivities } from '../../../src/activities/index.js'
import { installPackages } from '../../../src/hosts/packages/install.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { activity } from '../../support/activity.js'
import { aCluster } from '../../support/clusters.js'
import { freePort, startSshd, type TestSshd } from '../../support/sshd.js'

let programs: string
let sshd: TestSshd
let sessions: SessionPool
beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'quorate-programs-'))
  sshd = await startSshd({ path: [programs], environment: { JOURNAL: join(programs, 'journal') } })
  sessions = createSessionPool({ agentSocket: '' })
})
afterAll(async () => {
  await sessions.close()
  await sshd.stop()
  rmSync(programs, { recursive: true })
})

/** Puts a program ahead of the host's own; its calls are journalled. */
function program(name: string, body: string): void {
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, name), `#!/bin/sh\necho "${name} $*" >>"$JOURNAL"\n${body}\n`)
  chmodSync(join(programs, name), 0o755)
}

function journal(): string {
  const path = join(programs, 'journal')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

describe('facts', () => {
  it('describe the machine that was asked', async () => {
    const { gatherFacts } = createActivities({ sessions })
    const host = sshd.host()
    const facts = await activity(() => gatherFacts(aCluster({ hosts: [host] }), host))
    expect(facts.machineId).toBe(readFileSync('/etc/machine-id', 'utf8').trim())
    expect(facts.listeners.map(({ port }) => port)).toContain(sshd.port)
    // One machine has one clock; how precisely that is seen depends on how long the answer took.
    expect(Math.abs(facts.clockOffsetMs)).toBeLessThanOrEqual(facts.clockUncertaintyMs)
    expect(facts.cpus).toBeGreaterThan(0)
  })

  it('fail at once with a specific code if the host key has changed', async () => {
    const { gatherFacts } = createActivities({ sessions })
    const other = await startSshd()
    const host = sshd.host({ knownHostsFile: other.knownHostsFile, port: sshd.port })
    await other.stop()
    await expect(activity(() => gatherFacts(aCluster(), host))).rejects.toMatchObject({
      type: 'SSH_HOST_KEY_UNKNOWN',
      nonRetryable: true,
      details: [{ code: 'SSH_HOST_KEY_UNKNOWN', host: host.name }],
    })
  })

  it('are retried if the host cannot be reached', async () => {
    const { gatherFacts } = createActivities({ sessions })
    const host = sshd.host({ port: await freePort() })
    await expect(activity(() => gatherFacts(aCluster(), host))).rejects.toMatchObject({
      type: 'SSH_UNREACHABLE',
      nonRetryable: false,
    })
  })
})

describe('packages that are only verified', () => {
  it('are named if they are missing, and nothing is installed', async () => {
    program('dpkg-query', 'exit 1')
    program('apt-get', 'exit 1')
    const host = sshd.host()
    const cluster = aCluster({ packages: { install: false, repository: 'https://pkgs.k8s.io' } })
    const packages = [{ name: 'kubeadm', version: '1.36.3-*' }, { name: 'containerd' }]
    const verify = activity(() =>
      onHost(sessions, cluster, host, (context) => installPackages(context, { unit: 'install', packages })),
    )
    await expect(verify).rejects.toMatchObject({
      type: 'HOST_NOT_PREPARED',
      message: expect.stringContaining('kubeadm 1.36.3-*, containerd') as string,
      nonRetryable: true,
    })
    expect(journal()).not.toContain('apt-get')
  })
})

describe('etcd', () => {
  const MEMBERS = [
    '8e9e05c52164694d, started, cp1, https://192.0.2.11:2380, https://192.0.2.11:2379, false',
    'fd422379fda50e48, unstarted, , https://192.0.2.12:2380, , true',
  ]
  const sayMembers = (members: readonly string[]) =>
    program(
      'crictl',
      `case "$*" in ps*) echo c0ffee ;; *"member list"*) printf '%s\\n' ${members.map((line) => `'${line}'`).join(' ')} ;; esac`,
    )

  it('is not healthy until every member has started', async () => {
    sayMembers(MEMBERS)
    const session = await sessions.session(sshd.host())
    expect((await etcdObstacle(session))?.reason).toBe('etcd member https://192.0.2.12:2380 has not started')
  })

  it('loses exactly the member to be removed', async () => {
    sayMembers(MEMBERS)
    const session = await sessions.session(sshd.host())
    const unstarted = (await etcdMembers(session)).find((member) => !member.started)
    if (unstarted === undefined) throw new Error('the second member is not listed')
    await removeMember(session, unstarted)
    expect(journal()).toContain('member remove fd422379fda50e48')
    expect(journal()).not.toContain('member remove 8e9e05c52164694d')
  })
})
