/**
 * Everything outside src/ssh that parses what hosts, the Kubernetes API, etcdctl and crictl say, and what files say: on inputs made at
 * random, and on samples that are nearly right. Whatever comes, it is an answer or an error of Quorate's own, at once.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { parse as parseYaml, stringify } from 'yaml'
import { etcdMembers, healthyEndpoints, parseMembers } from '../../../src/hosts/etcd/members.js'
import { presentImages } from '../../../src/hosts/containerd/containers.js'
import { readCertificates } from '../../../src/hosts/facts/certificates.js'
import { clusterApi } from '../../../src/hosts/kubernetes/cluster-api.js'
import { findNode, listNodes } from '../../../src/hosts/kubernetes/nodes.js'
import { readAnswer } from '../../../src/hosts/load-balancer/answer.js'
import { hashIfCertificate } from '../../../src/hosts/system/pki.js'
import { runningComponents } from '../../../src/hosts/kubeadm/static-pods.js'
import { formatLogLine } from '../../../src/cli/output/logs.js'
import { readAdminAccess } from '../../../src/client/kubeconfig/check.js'
import { mergeKubeconfig } from '../../../src/client/kubeconfig/merge.js'
import { secretInManifest } from '../../../src/cluster-file/checks/secrets.js'
import { ClusterFileError, parseClusterFile } from '../../../src/cluster-file/parse.js'
import { parseFacts } from '../../../src/facts/facts.js'
import { parseClusterConfiguration, parseDocument } from '../../../src/facts/kept-configuration.js'
import { isQuorateError } from '../../../src/errors/index.js'
import { aHost } from '../../support/clusters.js'
import { PROJECT } from '../../support/process.js'
import { scriptedSession } from '../../support/scripted-session.js'
import { mutated, withinTime } from './mutations.js'
import { runs } from './runs.js'

const CLUSTER_FILE = readFileSync(join(PROJECT, 'test/golden/cluster-file.yaml'), 'utf8')
const KUBEADM = readFileSync(join(PROJECT, 'test/golden/kubeadm-v1beta4-cluster.yaml'), 'utf8')
const CA = readFileSync(join(PROJECT, 'test/faults/sweep/host/usr/local/lib/host/ca-1.crt'), 'utf8')
const DER = CA.split('\n')
  .filter((line) => !line.startsWith('-'))
  .join('')

const FACTS = `${[
  'machineId\t0123456789abcdef0123456789abcdef',
  'hostname\tcp1',
  'architecture\tx86_64',
  'osId\tdebian',
  'osName\tDebian GNU/Linux 12',
  'initSystem\tsystemd',
  'cpus\t2',
  'memoryKiB\t4000000',
  'cgroup\t2',
  'swaps\t0',
  'freeKiB\t40000000',
  'clock\t1767265200.123456789',
  'package\tkubelet 1.36.3-1.1',
  'listener\tLISTEN 0 4096 *:6443 *:* users:(("haproxy",pid=1,fd=7))',
  'path\t/etc/kubernetes/kubelet.conf',
  'fileDigest\t0123 /etc/containerd/config.toml',
  'fileMode\t644 root:root /etc/containerd/config.toml',
  'unit\tId=kubelet.service ActiveState=active UnitFileState=enabled MainPID=1',
  'loaded\thaproxy 0123',
  'address\teth0 10.0.0.11/24',
  'mac\teth0 02:42:0a:00:00:0b',
  'route\tdefault via 10.0.0.1 dev eth0',
  'parameter\tnet.ipv4.ip_forward 1',
  'dataFolder\t/var/lib/etcd 40000000 /',
  `x509\t/etc/kubernetes/pki/ca.crt ${DER}`,
  'certificate',
].join('\n')}\n${CA}`

const NODE = {
  metadata: { name: 'cp1', labels: { a: 'b' } },
  spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] },
  status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'True' }] },
}
const CONTAINERS = {
  containers: [{ metadata: { name: 'etcd' }, labels: { 'io.kubernetes.pod.name': 'etcd-cp1' } }],
}
const KUBECONFIG = stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name: 'kubernetes', cluster: { server: 'https://a:6443', 'certificate-authority-data': 'QQ==' } },
  ],
  users: [{ name: 'admin', user: { 'client-certificate-data': 'QQ==', 'client-key-data': 'QQ==' } }],
  contexts: [{ name: 'a', context: { cluster: 'kubernetes', user: 'admin' } }],
})

const asked = { before: 1, after: 2 }
const location = { path: 'cluster.yaml', directory: '/clusters', home: '/home/ops' }
const session = (stdout: string) => scriptedSession(aHost('cp1'), [[/./s, stdout]])
const api = (body: string) =>
  clusterApi(session(''), { host: '127.0.0.1', port: 6443 }, () => Promise.resolve(body))

interface Parser {
  readonly sample: string
  readonly parse: (text: string) => unknown
  /** Of all inputs, per mille. */
  readonly share: number
}

/** By what they parse. Shares are by what a peer can make of the input, and by what one input costs. */
const PARSERS: Readonly<Record<string, Parser>> = {
  "a host's facts": {
    sample: FACTS,
    parse: (text) => parseFacts('cp1', text, asked, hashIfCertificate),
    share: 80,
  },
  'certificates among the facts': { sample: `x509\t/a ${DER}`, parse: readCertificates, share: 40 },
  "kubeadm's configuration in the cluster": { sample: KUBEADM, parse: parseClusterConfiguration, share: 20 },
  "the kubelet's configuration in the cluster": {
    sample: stringify({ apiVersion: 'kubelet.config.k8s.io/v1beta1', a: [{ b: 1 }] }),
    parse: parseDocument,
    share: 20,
  },
  "etcd's members": {
    sample: '8e9e05c52164694d, started, cp1, https://10.0.0.11:2380, https://10.0.0.11:2379, false\n',
    parse: parseMembers,
    share: 40,
  },
  "etcd's members, by etcdctl": {
    sample: '8e9e05c52164694d, started, cp1, https://10.0.0.11:2380, https://10.0.0.11:2379, false\n',
    parse: (text) => etcdMembers(session(text)),
    share: 20,
  },
  "etcd's health": {
    sample: '[{"endpoint":"https://10.0.0.11:2379","health":true,"took":"3ms"}]\n',
    parse: (text) => healthyEndpoints(session(text)),
    share: 40,
  },
  'a node of the API': {
    sample: JSON.stringify(NODE),
    parse: (text) => findNode(api(text), 'cp1'),
    share: 40,
  },
  'objects of the API': {
    sample: JSON.stringify({ items: [NODE, NODE] }),
    parse: (text) => listNodes(api(text)),
    share: 40,
  },
  'images of the runtime': {
    sample: JSON.stringify({ images: [{ repoTags: ['a:1'], repoDigests: ['a@sha256:0'] }] }),
    parse: (text) => presentImages(session(text)),
    share: 40,
  },
  'containers of the runtime': {
    sample: JSON.stringify(CONTAINERS),
    parse: (text) => runningComponents(session(text)),
    share: 40,
  },
  'what answers on the port of the API': {
    sample: '\u0016\u0003\u0003\u0000\u0010kubernetes.default.svc',
    parse: (text) => readAnswer(Buffer.from(text, 'latin1'), false),
    share: 40,
  },
  'lines of a log': {
    sample: '{"level":30,"time":1767265200123,"msg":"m","err":{"message":"e"},"host":"cp1"}',
    parse: (line) => formatLogLine('worker', line),
    share: 40,
  },
  "a host's admin.conf": { sample: KUBECONFIG, parse: readAdminAccess, share: 20 },
  "somebody's kubeconfig": {
    sample: KUBECONFIG,
    parse: (text) =>
      mergeKubeconfig(text, readAdminAccess(KUBECONFIG), {
        name: 'prod',
        path: 'config',
        setCurrent: true,
        force: true,
      }),
    share: 10,
  },
  'a manifest of a pod network': {
    sample:
      'apiVersion: v1\nkind: Secret\ndata: { a: QQ== }\n---\napiVersion: v1\nkind: List\nitems: [{ kind: Pod }]\n',
    parse: secretInManifest,
    share: 20,
  },
  'a cluster file': { sample: CLUSTER_FILE, parse: (text) => parseClusterFile(text, location), share: 4 },
}

describe('parsers', () => {
  it.each(Object.entries(PARSERS))(
    'return a result or one of our errors for %s',
    async (_what, { sample, parse, share }) => {
      const inputs = fc.oneof(
        { weight: 7, arbitrary: mutated(Buffer.from(sample)).map((bytes) => bytes.toString()) },
        { weight: 2, arbitrary: reshaped(sample) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
      )
      await fc.assert(
        fc.asyncProperty(inputs, async (text) => {
          try {
            await withinTime(() => parse(text))
          } catch (error) {
            if (!isQuorateError(error) && !(error instanceof ClusterFileError)) throw error
          }
        }),
        runs(share),
      )
    },
  )
})

/** The sample's data with another value somewhere: right as JSON or YAML, and of another shape. */
function reshaped(sample: string): fc.Arbitrary<string> {
  let data: unknown
  try {
    data = parseYaml(sample)
  } catch {
    return fc.constant(sample)
  }
  if (typeof data !== 'object' || data === null) return fc.constant(sample)
  const isJson = /^[[{]/.test(sample)
  return fc.tuple(fc.nat(200), fc.jsonValue({ maxDepth: 2 })).map(([at, value]) => {
    const state = { left: at % Math.max(1, size(data)) }
    const changed = replaceAt(data, state, value)
    return isJson ? JSON.stringify(changed) : stringify(changed)
  })
}

function size(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return 1 + Object.values(value).reduce((sum: number, child) => sum + size(child), 0)
}

function replaceAt(value: unknown, state: { left: number }, by: unknown): unknown {
  if (state.left-- === 0) return by
  if (Array.isArray(value)) return value.map((item) => replaceAt(item, state, by))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replaceAt(child, state, by)]))
}
