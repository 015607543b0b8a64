import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fleet } from '../support/fleet.js'
import { journal, readyNodes } from '../support/expect-cluster.js'

const fleet = new Fleet('verify-only')
const HOSTS = ['cp1', 'w1']

beforeAll(async () => {
  await fleet.up('--control-planes', '1', '--workers', '1', '--load-balancers', '0')
  const file = readFileSync(fleet.clusterFile, 'utf8')
  writeFileSync(clusterFile, file.replace('packages:\n', 'packages:\n    install: false\n'))
})
afterAll(async () => {
  await fleet.down()
})

const clusterFile = join(fleet.folder, 'prepared-by-hand.yaml')

/** What a person does on a host, following Kubernetes' own page, with the lab's repository for the public one. */
async function prepareByHand(host: string, ...packages: readonly string[]): Promise<void> {
  const key = readFileSync(join(fleet.folder, 'kubernetes-apt-key.asc')).toString('base64')
  const repository = 'http://mirror.verify-only.test/core:/stable:/v1.36/deb/'
  await fleet.on(
    host,
    `set -e
mkdir -p /etc/apt/keyrings
echo ${key} | base64 -d > /etc/apt/keyrings/kubernetes.asc
echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.asc] ${repository} /' > /etc/apt/sources.list.d/kubernetes.list
apt-get -q update
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install ${packages.join(' ')}`,
  )
}

describe('hosts whose packages people install themselves', () => {
  it('are told everything that is missing before anything is changed', async () => {
    const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', clusterFile)
    const report = stdout + stderr
    expect(exitCode, report).toBe(1)
    for (const host of HOSTS) {
      expect(report).toMatch(
        new RegExp(`${host}: .*lacks containerd, kubeadm 1.36.3, kubelet 1.36.3, kubectl`),
      )
      expect(await fleet.on(host, 'ls -d /var/lib/quorate /etc/kubernetes 2>/dev/null || true')).toBe('')
    }
  })

  it('are told the single package that was forgotten', async () => {
    await prepareByHand('cp1', 'containerd', 'kubeadm', 'kubelet', 'kubectl')
    await prepareByHand('w1', 'containerd', 'kubeadm', 'kubelet')
    for (const host of HOSTS) await fleet.on(host, 'systemctl enable kubelet')
    const { exitCode, stdout } = await fleet.quorate('preflight', '--json', '-f', clusterFile)
    expect(exitCode, stdout).toBe(1)
    const { findings } = JSON.parse(stdout) as {
      findings: readonly { host: string; code: string; hint: string }[]
    }
    const lacking = findings.filter(({ code }) => code === 'HOST_NOT_PREPARED')
    expect(lacking.map(({ host }) => host)).toEqual(['w1'])
    expect(lacking[0]?.hint).toContain("'kubectl=1.36.3-*'")
  })

  it('become a cluster with the installed packages', async () => {
    await prepareByHand('w1', 'kubectl')
    const ready = await fleet.quorate('preflight', '--strict', '-f', clusterFile)
    expect(ready.exitCode, ready.stdout + ready.stderr).toBe(0)

    const applied = await fleet.quorate('apply', '-f', clusterFile)
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
    expect(await readyNodes(fleet)).toEqual(HOSTS)
    for (const host of HOSTS) {
      expect((await journal(fleet, host)).filter((unit) => unit.startsWith('install'))).toEqual([])
      expect(await fleet.on(host, 'ls /etc/apt/sources.list.d')).toBe('kubernetes.list\n')
    }
  })

  it('cause no findings afterwards', async () => {
    const { exitCode, stdout } = await fleet.quorate('preflight', '--json', '-f', clusterFile)
    const { findings } = JSON.parse(stdout) as { findings: readonly { severity: string }[] }
    expect(findings.filter(({ severity }) => severity !== 'advice')).toEqual([])
    expect(exitCode).toBe(0)
  })
})
