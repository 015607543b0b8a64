import { describe, expect, it } from 'vitest'
import type { AuditPolicy, Cluster, KubeadmPatch } from '../../../../src/cluster/model.js'
import { auditPolicyPath } from '../../../../src/configuration/audit.js'
import { patchedClusterConfiguration } from '../../../../src/configuration/kubeadm/render.js'
import { wantedDocument } from '../../../../src/planning/reconfigure/documents.js'
import { differingLeaves, titleOf } from '../../../../src/planning/reconfigure/leaves.js'
import type { PlainObject } from '../../../../src/values/merge.js'
import { aCluster } from '../../../support/clusters.js'

const FIRST: AuditPolicy = { digest: '1'.repeat(64), content: 'first' }
const SECOND: AuditPolicy = { digest: '2'.repeat(64), content: 'second' }

function file(auditPolicy: AuditPolicy | undefined, apiServer: KubeadmPatch = {}): Cluster {
  const cluster = aCluster()
  const kubeadm = { ...cluster.kubernetes.kubeadm, clusterConfiguration: { apiServer } }
  return {
    ...cluster,
    kubernetes: { ...cluster.kubernetes, kubeadm, ...(auditPolicy === undefined ? {} : { auditPolicy }) },
  }
}

/** What the cluster keeps once it has what the file wants. */
function applied(cluster: Cluster, before: PlainObject = { apiServer: {} }, set: readonly string[][] = []) {
  const note = {
    set: { ClusterConfiguration: set, KubeletConfiguration: [], KubeProxyConfiguration: [] },
    isChanging: false,
  }
  return wantedDocument('ClusterConfiguration', cluster, { document: before, note })
}

function argumentsIn({ apiServer }: PlainObject): Readonly<Record<string, string>> {
  const { extraArgs = [] } = (apiServer ?? {}) as { extraArgs?: readonly { name: string; value: string }[] }
  return Object.fromEntries(extraArgs.map(({ name, value }) => [name, value]))
}

function volumesIn({ apiServer }: PlainObject): readonly string[] {
  const { extraVolumes = [] } = (apiServer ?? {}) as { extraVolumes?: readonly { name: string }[] }
  return extraVolumes.map(({ name }) => name)
}

describe('an audit policy', () => {
  it('becomes a file, a log that is rotated, and two volumes', () => {
    const { document } = applied(file(FIRST))
    expect(argumentsIn(document)).toEqual({
      'audit-policy-file': '/etc/kubernetes/quorate/audit/policy-111111111111.yaml',
      'audit-log-path': '/var/log/kubernetes/audit/audit.log',
      'audit-log-maxage': '30',
      'audit-log-maxbackup': '10',
      'audit-log-maxsize': '100',
    })
    expect(volumesIn(document)).toEqual(['quorate-audit-policy', 'quorate-audit-log'])
  })

  it('is what a cluster is initialised with', () => {
    const { body } = patchedClusterConfiguration(file(FIRST))
    expect(argumentsIn(body)['audit-policy-file']).toBe(auditPolicyPath(FIRST))
    expect(volumesIn(body)).toEqual(['quorate-audit-policy', 'quorate-audit-log'])
  })

  it('is another argument when its text changes, and nothing else', () => {
    const before = applied(file(FIRST)).document
    const after = applied(file(SECOND), before).document
    expect(differingLeaves(before, after).map(({ path }) => titleOf(path))).toEqual([
      'apiServer.extraArgs.audit-policy-file',
    ])
  })

  it('goes with its arguments and volumes when it leaves the file', () => {
    const mine = { extraArgs: { v: '4' }, extraVolumes: [{ name: 'mine', hostPath: '/a', mountPath: '/a' }] }
    const { document, set } = applied(file(FIRST, mine))
    expect(volumesIn(document)).toContain('mine')
    const without = applied(file(undefined, mine), document, set as string[][])
    expect(argumentsIn(without.document)).toEqual({ v: '4' })
    expect(volumesIn(without.document)).toEqual(['mine'])
  })

  it.each([
    ['a map', { 'audit-log-maxage': '7' }],
    ['a list', [{ name: 'audit-log-maxage', value: '7' }]],
  ])('yields to an argument that the file sets itself, in %s, and keeps the others', (_what, extraArgs) => {
    const given = argumentsIn(applied(file(FIRST, { extraArgs })).document)
    expect(given).toMatchObject({ 'audit-log-maxage': '7', 'audit-log-maxbackup': '10' })
  })

  it('yields to null, which leaves an argument of ours out', () => {
    const { document } = applied(file(FIRST, { extraArgs: { 'audit-log-maxage': null } }))
    expect(argumentsIn(document)).not.toHaveProperty('audit-log-maxage')
  })
})
