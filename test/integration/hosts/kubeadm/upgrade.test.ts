import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { putManifestsBack, removeUpgradeLeftovers } from '../../../../src/hosts/kubeadm/manifests.js'
import { runKubeadmUpgrade } from '../../../../src/hosts/kubeadm/upgrade.js'
import { aCluster } from '../../../support/clusters.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

vi.mock('../../../../src/hosts/durable.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../../support/local-context.js')),
}))

const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-upgrade-')))
  // kubeadm keeps the file that it was given.
  programs.add('kubeadm', 'for one in "$@"; do [ ! -f "$one" ] || cp "$one" "$here/given.yaml"; done')
  mkdirSync(manifests(), { recursive: true })
  for (const name of COMPONENTS) write(name, 'v1.36.3')
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const manifests = (...path: readonly string[]) => join(programs.folder, 'kubernetes/manifests', ...path)
const work = (...path: readonly string[]) => join(programs.folder, 'kubernetes/tmp', ...path)
const manifestOf = (name: string, version: string) =>
  `spec:\n  containers:\n  - image: registry.k8s.io/${name}:${version}\n`
const write = (name: string, version: string) =>
  writeFileSync(manifests(`${name}.yaml`), manifestOf(name, version))

function backup(time: string, name: string, version: string): void {
  const folder = work(`kubeadm-backup-manifests-${time}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.yaml`), manifestOf(name, version))
}

function context(version = 'v1.37.2', patches = {}) {
  const cluster = aCluster()
  return localContext(programs, {
    ...cluster,
    kubernetes: { ...cluster.kubernetes, version, kubeadm: { ...cluster.kubernetes.kubeadm, ...patches } },
  })
}

const upgrade = (mode: 'apply' | 'node', on = context()) =>
  runKubeadmUpgrade(on, { prepare: () => Promise.resolve(mode) })
const calls = () => programs.calls().map((call) => call.replace(/--config \S+/, '--config FILE'))

describe('kubeadm upgrade', () => {
  it.each([
    ['apply', 'kubeadm upgrade apply v1.37.2 -y --config FILE'],
    ['node', 'kubeadm upgrade node --config FILE'],
  ] as const)('runs as %s on a control plane that is whole', async (mode, call) => {
    await upgrade(mode)
    expect(calls()).toEqual([call])
  })

  it('gets the checks to waive and the patches of init and join, which the cluster does not keep', async () => {
    const ignored = { nodeRegistration: { ignorePreflightErrors: ['SystemVerification'] } }
    const patches = { patches: { directory: '/etc/kubernetes/patches' } }
    await upgrade(
      'apply',
      context('v1.37.2', { initConfiguration: { ...ignored, ...patches }, joinConfiguration: ignored }),
    )
    const [document] = parseAllDocuments(readFileSync(join(programs.folder, 'given.yaml'), 'utf8'))
    expect(document?.toJSON()).toEqual({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'UpgradeConfiguration',
      apply: { kubernetesVersion: 'v1.37.2', ignorePreflightErrors: ['SystemVerification'], ...patches },
      node: { ignorePreflightErrors: ['SystemVerification'] },
    })
  })

  it('gets them as a flag before 1.31, which reads no such file', async () => {
    const ignored = { nodeRegistration: { ignorePreflightErrors: ['NumCPU', 'Mem'] } }
    await upgrade('apply', context('v1.30.9', { initConfiguration: ignored }))
    expect(calls()).toEqual(['kubeadm upgrade apply v1.30.9 -y --ignore-preflight-errors=NumCPU,Mem'])
  })

  it.each(['apply', 'node'] as const)(
    'never runs as %s without the manifest of the API server: it would take the host for a worker',
    async (mode) => {
      rmSync(manifests('kube-apiserver.yaml'))
      await expect(upgrade(mode)).rejects.toMatchObject({ code: 'UNIT_INTERRUPTED' })
      expect(calls()).toEqual([])
    },
  )
})

describe('a manifest that a killed kubeadm has taken away', () => {
  it('is put back from the newest backup, and nothing else is touched', async () => {
    rmSync(manifests('kube-apiserver.yaml'))
    write('etcd', 'v1.37.2')
    backup('2026-11-26-10-00-00', 'kube-apiserver', 'v1.35.1')
    backup('2026-11-26-12-00-00', 'kube-apiserver', 'v1.36.3')
    backup('2026-11-26-12-00-00', 'etcd', 'v1.36.3')
    expect(await putManifestsBack(context())).toEqual(['kube-apiserver'])
    expect(readFileSync(manifests('kube-apiserver.yaml'), 'utf8')).toBe(
      manifestOf('kube-apiserver', 'v1.36.3'),
    )
    expect(readFileSync(manifests('etcd.yaml'), 'utf8')).toBe(manifestOf('etcd', 'v1.37.2'))
    expect(readdirSync(manifests()).sort()).toEqual(COMPONENTS.map((name) => `${name}.yaml`))
  })

  it('is left to a person if kubeadm kept none', async () => {
    rmSync(manifests('kube-scheduler.yaml'))
    await expect(putManifestsBack(context())).rejects.toMatchObject({ code: 'CONTROL_PLANE_NOT_READY' })
  })

  it('is no reason to touch a control plane that has all of them', async () => {
    backup('2026-11-26-12-00-00', 'kube-apiserver', 'v1.35.1')
    expect(await putManifestsBack(context())).toEqual([])
    expect(readFileSync(manifests('kube-apiserver.yaml'), 'utf8')).toBe(
      manifestOf('kube-apiserver', 'v1.36.3'),
    )
  })
})

describe('what upgrades leave', () => {
  it('is removed, with the copies of etcd that kubeadm puts into its data', async () => {
    backup('2026-11-26-12-00-00', 'etcd', 'v1.36.3')
    mkdirSync(work('kubeadm-upgraded-manifests123'), { recursive: true })
    writeFileSync(work('mine'), '')
    const data = join(programs.folder, 'etcd-data')
    mkdirSync(join(data, 'kubeadm-backup-etcd-2026-11-26-12-00-00'), { recursive: true })
    mkdirSync(join(data, 'member'))
    await removeUpgradeLeftovers(context())
    expect(readdirSync(work())).toEqual(['mine'])
    expect(readdirSync(data)).toEqual(['member'])
  })
})
