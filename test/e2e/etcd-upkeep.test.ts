import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { etcdctl, memberId } from './support/etcdctl.js'
import { Fleet } from '../support/fleet.js'
import { readyNodes } from '../support/expect-cluster.js'

const PKI = '/etc/kubernetes/pki'
const CLIENT = 'apiserver-etcd-client'
const CONTROL_PLANES = ['cp1', 'cp2']

const fleet = new Fleet('etcd-upkeep')

beforeAll(async () => {
  await fleet.up('--etcd', '4', '--control-planes', '2', '--workers', '0', '--load-balancers', '1')
})
afterAll(async () => {
  await fleet.down()
})

/** The fleet's cluster on some of its etcd hosts. */
const on = (...members: readonly string[]): string =>
  changedClusterFile(fleet, `${members.join('-')}.yaml`, (spec) => {
    spec.hosts = spec.hosts.filter(({ name }) => !name.startsWith('e') || members.includes(name))
  })

async function apply(file: string): Promise<string> {
  const { exitCode, stdout, stderr } = await fleet.quorate('apply', '-f', file, '--on-blocked', 'exit')
  expect(exitCode, stdout + stderr).toBe(0)
  return stdout
}

async function expectEndpoints(...members: readonly string[]): Promise<void> {
  const endpoints = members.map((name) => `https://${addressOf(fleet, name)}:2379`)
  for (const host of CONTROL_PLANES) {
    const process = await fleet.on(host, `tr '\\0' '\\n' </proc/$(pidof kube-apiserver)/cmdline`)
    expect(process.split('\n'), host).toContain(`--etcd-servers=${endpoints.join(',')}`)
  }
  const configuration = await fleet.kubectl('-n', 'kube-system', 'get', 'cm', 'kubeadm-config', '-o', 'yaml')
  for (const endpoint of endpoints) expect(configuration).toContain(`- ${endpoint}\n`)
  expect(await readyNodes(fleet)).toEqual(CONTROL_PLANES)
}

/** On e1, which has the authority: a certificate of its own that ends in a month, issued most of a year ago. */
const EXPIRING = `
rm -rf /root/ca && mkdir /root/ca && cd /root/ca && touch index.txt
printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index.txt\\nnew_certs_dir=.\\nrand_serial=yes\\ndefault_md=sha256\\npolicy=p\\nx509_extensions=x\\n[p]\\ncommonName=supplied\\norganizationName=optional\\n[x]\\nextendedKeyUsage=serverAuth,clientAuth\\nsubjectAltName=IP:127.0.0.1,IP:%s\\n' "$ADDRESS" >ca.conf
openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj "/O=kubeadm:cluster-admins/CN=$NAME" 2>/dev/null
openssl ca -config ca.conf -batch -notext -in leaf.csr -out leaf.crt -cert ${PKI}/etcd/ca.crt -keyfile ${PKI}/etcd/ca.key \\
  -startdate "$(date -u -d '-335 days' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '+30 days' +%Y%m%d%H%M%SZ)" 2>/dev/null
cat leaf.crt leaf.key`

async function expire(hosts: readonly string[], name: string, address: string): Promise<void> {
  const pair = await fleet.on(
    'e1',
    `NAME=${name.split('/').at(-1) ?? ''} ADDRESS=${address}; export NAME ADDRESS; ${EXPIRING}`,
  )
  const key = pair.indexOf('-----BEGIN PRIVATE KEY-----')
  for (const host of hosts) {
    await fleet.on(
      host,
      `cd ${PKI} && printf %s '${pair.slice(0, key)}' >${name}.crt && printf %s '${pair.slice(key)}' >${name}.key`,
    )
  }
}

const containers = (host: string): Promise<string> => fleet.on(host, 'crictl ps -q | sort')

describe('etcd on hosts of its own', () => {
  it('grows, and every API server uses the new members, too', async () => {
    await apply(on('e1'))
    const output = await apply(on('e1', 'e2', 'e3'))
    expect(output).toContain('etcd endpoints')
    await expectEndpoints('e1', 'e2', 'e3')
  })

  it('gets new certificates before the old ones expire, without a restart', async () => {
    await expire(['e1', ...CONTROL_PLANES], CLIENT, '127.0.0.1')
    await expire(['e2'], 'etcd/server', addressOf(fleet, 'e2'))
    const hosts = ['e2', ...CONTROL_PLANES]
    const before = await Promise.all(hosts.map(containers))
    const plan = await fleet.quorate('plan', '-f', on('e1', 'e2', 'e3'))
    expect(plan.stdout).toContain('renew etcd/server.crt')
    expect(plan.stdout).toContain(`renew ${CLIENT}.crt`)
    await apply(on('e1', 'e2', 'e3'))
    expect(await Promise.all(hosts.map(containers))).toEqual(before)
    // What the member shows now, to who shows what the API server has now.
    const shown = await fleet.on(
      'cp2',
      `cd ${PKI} && openssl s_client -connect ${addressOf(fleet, 'e2')}:2379 -CAfile etcd/ca.crt -cert ${CLIENT}.crt -key ${CLIENT}.key </dev/null 2>/dev/null` +
        ` | openssl x509 -noout -checkend ${300 * 86_400} && openssl x509 -in ${CLIENT}.crt -noout -checkend ${300 * 86_400}`,
    )
    expect(shown.match(/will not expire/g)).toHaveLength(2)
    expect((await fleet.quorate('apply', '-f', on('e1', 'e2', 'e3'))).stdout).toContain('nothing to change')
  })

  it('continues on another host in place of one that died', async () => {
    await fleet.on('e3', 'systemctl disable --now kubelet; crictl stop $(crictl ps -q)')
    const id = await memberId(fleet, addressOf(fleet, 'e3'), 'e1')
    await etcdctl(fleet, `member remove ${id}`, 'e1')
    await apply(on('e1', 'e2', 'e4'))
    await expectEndpoints('e1', 'e2', 'e4')
  })
})
