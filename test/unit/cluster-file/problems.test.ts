import { describe, expect, it } from 'vitest'
import { ClusterFileError, parseClusterFile } from '../../../src/cluster-file/parse.js'
import { clusterFile, LOCATION, problems, problemTexts } from './cluster-files.js'

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
`

describe('the problems of a cluster file', () => {
  const text = `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetes:
    version: v1.36.3
    controlPlaneEndpoint: api.prod.lab:6443
  shh: { user: ops }
  hosts:
    - name: cp1
      role: contol-plane
      address: 10.0.0.11
    - { name: cp1, role: worker, address: 10.0.0.999 }
`

  it('are all reported at once, in file order, each with its place', () => {
    expect(problems(text, { user: 'ops' })).toEqual([
      'cluster.yaml:8:3 spec.shh: unknown field "shh"; did you mean "ssh"?',
      'cluster.yaml:11:13 spec.hosts[0].role: unknown role "contol-plane"; did you mean "control-plane"?',
      'cluster.yaml:13:15 spec.hosts[1].name: the name "cp1" is taken by spec.hosts[0] (cp1); give each host a name of its own',
      'cluster.yaml:13:43 spec.hosts[1].address: "10.0.0.999" is not an IP address or DNS name; write it like 10.0.0.11 or cp1.example.com',
    ])
  })

  it('are reports in the error, each with its own hint', () => {
    const read = () => parseClusterFile(text, { ...LOCATION, user: 'ops' })
    expect(read).toThrow(ClusterFileError)
    try {
      read()
    } catch (error) {
      const report = (error as ClusterFileError).report()
      expect(report).toMatchObject({ code: 'CLUSTER_FILE_INVALID', message: 'cluster.yaml has 4 problems' })
      expect(report.problems?.[0]).toMatchObject({
        code: 'CLUSTER_FILE_INVALID',
        message: 'cluster.yaml:8:3 spec.shh: unknown field "shh"',
        hint: 'did you mean "ssh"?',
      })
    }
  })

  it('do not include the field that a misspelt one stands for', () => {
    const misspelt = clusterFile([
      ['spec', 'kubernetes'],
      { verison: 'v1.36.3', controlPlaneEndpoint: 'a.lab' },
    ])
    expect(problemTexts(misspelt)).toEqual([
      'spec.kubernetes.verison: unknown field "verison"; did you mean "version"?',
    ])
  })

  it('point at the object that lacks a field', () => {
    const missing = clusterFile([['metadata', 'name'], undefined], [['metadata', 'quux'], 1])
    expect(problems(missing)[0]).toMatch(/^cluster\.yaml:3:1 metadata\.name: missing/)
  })

  it.each([
    ['not a public key', '-----BEGIN RSA PRIVATE KEY-----', 'is not an ASCII-armored public key'],
    ['', '', 'is not an ASCII-armored public key'],
  ])('include a referenced file with invalid content: %s', (_what, content, problem) => {
    const file = clusterFile([['spec', 'packages'], { signingKeyFile: 'key.asc' }])
    expect(problemTexts(file, { readFile: () => content })[0]).toContain(`"key.asc" ${problem}`)
  })

  it.each([
    ['empty', '', 'is empty'],
    ['broken', 'a: [', 'is not valid YAML'],
    ['too large to travel', `kind: Policy\ntext: ${'x'.repeat(100_000)}`, 'is larger than 100 kB'],
    ['of another kind', 'apiVersion: audit.k8s.io/v1\nkind: Event\n', 'is no Policy of audit.k8s.io/v1'],
    ['of an API that is gone', POLICY.replace('/v1', '/v1beta1'), 'is no Policy of audit.k8s.io/v1'],
    ['without rules', POLICY.replace(/rules:.*/s, ''), 'has no rules'],
    ['with an unknown level', POLICY.replace('Metadata', 'metadata'), 'has a rule with the level "metadata"'],
    ['with an unknown stage', `${POLICY}  omitStages: [Received]\n`, 'omits the stage "Received"'],
    ['in two documents', `${POLICY}---\n${POLICY}`, 'has more than one document'],
  ])('include an audit policy that is %s', (_what, content, problem) => {
    const file = clusterFile([['spec', 'kubernetes', 'auditPolicy'], 'audit.yaml'])
    expect(problemTexts(file, { readFile: () => content })[0]).toContain(`"audit.yaml" ${problem}`)
  })

  it('include an audit policy that the arguments of the API server name, too', () => {
    const extraArgs = { 'audit-policy-file': '/etc/audit.yaml' }
    const file = clusterFile(
      [['spec', 'kubernetes', 'auditPolicy'], 'audit.yaml'],
      [['spec', 'kubernetes', 'kubeadm'], { clusterConfiguration: { apiServer: { extraArgs } } }],
    )
    expect(problemTexts(file, { readFile: () => POLICY })).toEqual([
      'spec.kubernetes.kubeadm.clusterConfiguration.apiServer.extraArgs.audit-policy-file: kubernetes.auditPolicy sets it; remove one of the two',
    ])
  })

  it.each([
    ['empty', '', 'is empty'],
    ['broken', 'a: [', 'is not valid YAML'],
    ['too large to travel', `kind: ConfigMap\ntext: ${'x'.repeat(1_000_000)}`, 'is larger than 1 MB'],
    ['something else', 'just: data', 'holds something other than Kubernetes objects'],
  ])('include a manifest that is %s', (_what, content, problem) => {
    const file = clusterFile([['spec', 'network'], { manifest: 'cni.yaml' }])
    expect(problemTexts(file, { readFile: () => content })[0]).toContain(`"cni.yaml" ${problem}`)
  })
})
