import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.js'
import { readyNodes } from '../support/expect-cluster.js'
import { Fleet } from '../support/fleet.js'
import { mustRun, type Ended } from '../support/process.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { Ledger, unexplained } from './support/ledger.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
/** More than one page of etcd's answers. */
const SECRETS = 620
const VALUE = 'a value that nobody may read in etcd'
const NAMESPACE = 'vault'

const fleet = new Fleet('encryption')

interface Settings {
  readonly rotation?: number
  readonly auditLevel?: 'Metadata' | 'Request'
}

/** A cluster file that encrypts Secrets, unless no number of the key is given. */
function fileWith({ rotation, auditLevel }: Settings): string {
  const policy = `audit-${auditLevel}.yaml`
  writeFileSync(
    join(fleet.folder, policy),
    `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: ${auditLevel}, resources: [{ group: "", resources: [secrets] }] }]\n`,
  )
  return changedClusterFile(fleet, 'changed.yaml', (spec) => {
    const { kubernetes } = spec as unknown as { kubernetes: Record<string, unknown> }
    if (rotation !== undefined) kubernetes['encryptionAtRest'] = { rotation }
    if (auditLevel !== undefined) kubernetes['auditPolicy'] = `./${policy}`
  })
}

const apply = (settings: Settings): Promise<Ended> => fleet.quorate('apply', '-f', fileWith(settings))

async function applied(settings: Settings): Promise<string> {
  const { exitCode, stdout, stderr } = await apply(settings)
  expect(exitCode, stdout + stderr).toBe(0)
  return stdout
}

/** What the values of all Secrets in etcd begin with, each once; what is not encrypted begins with `k8s` alone. */
async function writersInEtcd(): Promise<readonly string[]> {
  const certificates =
    '--cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key'
  const seen = await fleet.on(
    'cp1',
    `crictl exec $(crictl ps --name '^etcd$' -q | head -n 1) etcdctl --endpoints https://127.0.0.1:2379 ${certificates} get /registry/secrets/ --prefix -w json | tr ',{}' '\\n' | sed -nE 's/^"value":"([^"]{0,48}).*/\\1/p' | while read -r v; do printf '%s' "$v" | base64 -d | tr -c '[:print:]' ' ' | cut -d ' ' -f 1 | cut -d : -f 1-5; echo; done | sort -u`,
  )
  return seen.split('\n').filter((line) => line !== '')
}

/** The names of the Secrets that an API server gives out with their values. */
async function readable(host: string): Promise<number> {
  const listed = await fleet.on(
    host,
    `kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$(hostname -I | tr ' ' '\\n' | grep -m 1 -F '${addressOf(fleet, host)}'):6443 -n ${NAMESPACE} get secrets -o jsonpath='{range .items[*]}{.data.value}{"\\n"}{end}'`,
  )
  const expected = Buffer.from(VALUE).toString('base64')
  return listed.split('\n').filter((line) => line === expected).length
}

async function argumentsOf(host: string): Promise<readonly string[]> {
  const seen = await fleet.on(host, `tr '\\0' '\\n' </proc/$(pidof kube-apiserver)/cmdline`)
  return seen.trim().split('\n')
}

async function expectEverywhere(argument: string, writer: string): Promise<void> {
  expect(await writersInEtcd()).toEqual([writer])
  for (const host of CONTROL_PLANES) {
    if (argument !== '') expect(await argumentsOf(host), host).toContain(argument)
    else expect((await argumentsOf(host)).join(' '), host).not.toContain('encryption-provider-config')
    expect(await readable(host), host).toBe(SECRETS)
  }
  expect(await readyNodes(fleet)).toEqual([...CONTROL_PLANES, 'w1'])
}

const FOLDER = '/etc/kubernetes/quorate'
const argumentFor = (layout: string) => `--encryption-provider-config=${FOLDER}/encryption/${layout}.yaml`

beforeAll(async () => {
  await fleet.up('--workers', '1')
  await applied({ auditLevel: 'Metadata' })
  await fleet.kubectl('create', 'namespace', NAMESPACE)
  await fleet.on(
    'cp1',
    `for n in $(seq ${SECRETS}); do printf 'apiVersion: v1\\nkind: Secret\\nmetadata: { name: s%s, namespace: ${NAMESPACE} }\\nstringData: { value: "${VALUE}" }\\n---\\n' "$n"; done | kubectl --kubeconfig /etc/kubernetes/admin.conf create -f - >/dev/null`,
  )
})
afterAll(async () => {
  await fleet.down()
})

describe('an audit policy that a cluster is initialised with', () => {
  it('is what every API server logs by', async () => {
    for (const host of CONTROL_PLANES) {
      await readable(host)
      const log = await fleet.on(host, 'tail -n 50 /var/log/kubernetes/audit/audit.log')
      expect(log, host).toContain('"level":"Metadata"')
      expect((await fleet.on(host, `stat -c '%a %U' ${FOLDER}/audit/policy-*.yaml`)).trim()).toBe('600 root')
    }
  })
})

describe('encryption at rest', () => {
  it('is turned on under a writer that never stops, though the worker is killed while values are written again', async () => {
    expect(await writersInEtcd()).toEqual(['k8s'])
    const plan = await fleet.quorate('plan', '-f', fileWith({ rotation: 1, auditLevel: 'Metadata' }))
    expect(plan.stdout, plan.stderr).toContain('encrypt secrets with secretbox-1')
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'), 'secrets')
    const began = Date.now()
    const applying = fleet.startQuorate('apply', '-f', fileWith({ rotation: 1, auditLevel: 'Metadata' }))
    await eventually(
      async () => (await writersInEtcd()).some((writer) => writer.includes('secretbox-1')),
      'the first value is encrypted',
      900_000,
    )
    fleet.killWorker()
    const ended = await applying.ended
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `encryption: on in ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} Secrets acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`encryption: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
    await expectEverywhere(argumentFor('secrets=secretbox-1+identity'), 'k8s:enc:secretbox:v1:secretbox-1')
  })

  it('has the same key on every control plane, which only root can read', async () => {
    const seen = await Promise.all(
      CONTROL_PLANES.map((host) =>
        fleet.on(
          host,
          `cd ${FOLDER} && stat -c '%a %U' encryption-keys/* encryption/*; sha256sum encryption-keys/*; ls encryption`,
        ),
      ),
    )
    expect(new Set(seen).size).toBe(1)
    expect(seen[0]?.split('\n').slice(0, 2)).toEqual(['600 root', '600 root'])
  })

  it('leaves no trace of the key with the engine', async () => {
    const key = (await fleet.on('cp1', `cat ${FOLDER}/encryption-keys/secretbox-1`)).trim()
    const files = readdirSync(fleet.engineFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(fleet.engineFolder, name))
      .filter((path) => statSync(path).isFile())
    expect(files.length).toBeGreaterThan(2)
    for (const path of files) expect(readFileSync(path).includes(key), path).toBe(false)
  })

  it('is nothing to change the second time', async () => {
    expect(await applied({ rotation: 1, auditLevel: 'Metadata' })).toContain('nothing to change')
  })

  it('gets another key with another number, together with another audit policy, though the worker is killed', async () => {
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'), 'secrets')
    const began = Date.now()
    const applying = fleet.startQuorate('apply', '-f', fileWith({ rotation: 2, auditLevel: 'Request' }))
    await eventually(
      async () => (await argumentsOf('cp2')).some((one) => one.includes('secretbox-1+secretbox-2')),
      'the second control plane reads the new key',
      900_000,
    )
    fleet.killWorker()
    const ended = await applying.ended
    const { acknowledged, failures, lost } = await ledger.close()
    console.log(
      `encryption: rotated in ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} acknowledged, ${failures.length} failed`,
    )
    for (const failure of failures) console.log(`encryption: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
    await expectEverywhere(argumentFor('secrets=secretbox-2+identity'), 'k8s:enc:secretbox:v1:secretbox-2')
    for (const host of CONTROL_PLANES) {
      const log = await fleet.on(host, 'tail -n 50 /var/log/kubernetes/audit/audit.log')
      expect(log, host).toContain('"level":"Request"')
      expect(
        (await fleet.on(host, `ls ${FOLDER}/audit ${FOLDER}/encryption`)).match(/yaml/g),
        host,
      ).toHaveLength(2)
    }
  })

  it('is turned off, and the logs stay when the audit policy goes', async () => {
    await applied({})
    await expectEverywhere('', 'k8s')
    for (const host of CONTROL_PLANES) {
      expect((await argumentsOf(host)).join(' '), host).not.toContain('audit')
      expect((await fleet.on(host, 'ls /var/log/kubernetes/audit')).trim(), host).toContain('audit.log')
      expect((await fleet.on(host, `ls ${FOLDER}/audit ${FOLDER}/encryption`)).trim(), host).not.toContain(
        '.yaml',
      )
    }
    expect(await applied({})).toContain('nothing to change')
  })
})

describe('a new cluster', () => {
  it('encrypts from its first value on, and control planes that join have the key first', async () => {
    await fleet.reset()
    await applied({ rotation: 1, auditLevel: 'Metadata' })
    await fleet.kubectl('create', 'namespace', NAMESPACE)
    await fleet.kubectl('-n', NAMESPACE, 'create', 'secret', 'generic', 's1', `--from-literal=value=${VALUE}`)
    expect(await writersInEtcd()).toEqual(['k8s:enc:secretbox:v1:secretbox-1'])
    for (const host of CONTROL_PLANES) {
      expect(await argumentsOf(host), host).toContain(argumentFor('secrets=secretbox-1+identity'))
      expect(await readable(host), host).toBe(1)
    }
    expect(await applied({ rotation: 1, auditLevel: 'Metadata' })).toContain('nothing to change')
  })

  it('keeps its key while a control plane is away', async () => {
    await mustRun('docker', ['pause', fleet.container('cp3')])
    const waiting = await apply({ rotation: 2, auditLevel: 'Metadata' })
    const said = waiting.stdout + waiting.stderr
    await mustRun('docker', ['unpause', fleet.container('cp3')])
    expect(waiting.exitCode, said).not.toBe(0)
    expect(said).toContain('ENCRYPTION_WAITS')
    expect(said).toContain('cp3 cannot get the keys')
    for (const host of CONTROL_PLANES) {
      expect(await argumentsOf(host), host).toContain(argumentFor('secrets=secretbox-1+identity'))
    }
    await fleet.quorate('resume', fleet.name, '--abort')
  })
})
