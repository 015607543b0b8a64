import { spawn, type ChildProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { renewControlPlane } from '../../../src/activities/renew/renew-control-plane.js'
import { renewKubelet } from '../../../src/activities/renew/renew-kubelet.js'
import { lookAtCertificates } from '../../../src/hosts/certificates/look.js'
import type { Session } from '../../../src/ssh/index.js'
import { aHost } from '../../support/clusters.js'
import { FakePrograms } from '../../support/fake-programs.js'
import { TestAuthority, type Issued } from '../../support/issued-certificates.js'
import { localContext } from '../../support/local-context.js'

vi.mock('../../../src/hosts/durable.js', () => import('../../support/local-context.js'))

const authority = new TestAuthority('kubernetes')
const ending = authority.issue('someone', 20)
const ended = authority.issue('someone', -20)
const fresh = authority.issue('someone', 365)
const other = authority.issue('somebody else', 365)
afterAll(() => authority.remove())

const PAIRS = [
  ...['apiserver', 'apiserver-kubelet-client', 'front-proxy-client', 'apiserver-etcd-client'],
  ...['etcd/server', 'etcd/peer', 'etcd/healthcheck-client'],
]
const CONFS = ['admin', 'controller-manager', 'scheduler']
const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

const base64 = (text: string) => Buffer.from(text).toString('base64')
const kubeconfig = ({ certificate, key }: Issued) => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(authority.certificate)}
    server: https://192.0.2.11:6443
  name: kubernetes
users:
- name: someone
  user:
    client-certificate-data: ${base64(certificate)}
    client-key-data: ${base64(key)}
`

// Renews as the real one does, and tells what it was given.
const KUBEADM = `
config=
for word in "$@"; do if [ "$last" = --config ]; then config=$word; fi; last=$word; done
[ -n "$config" ] || { echo 'no configuration' >&2; exit 1; }
cat "$config" >>"$here/given"
case "$*" in
  'certs renew all '*) [ -e "$here/keyless" ] || cp -R "$here/renewed/." "$here/kubernetes/" ;;
  'certs renew '*) cp "$here/renewed/pki/$3".* "$here/kubernetes/pki/" ;;
  'init phase kubeconfig '*) cp "$here/renewed/$4.conf" "$here/kubernetes/" ;;
  'kubeconfig user '*) cat "$here/user.conf" ;;
esac`

const CRICTL = `
case $1 in
  ps) for word in "$@"; do case $word in io.kubernetes.container.name=*) echo "\${word#*=}" ;; esac; done ;;
  inspect) for id in "$@"; do :; done; cat "$here/pids/$id" 2>/dev/null || true ;;
esac`

let folder: string
let programs: FakePrograms
const running = new Map<string, ChildProcess>()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-renew-'))
  programs = new FakePrograms(folder)
  programs.add('kubeadm', KUBEADM)
  programs.add('crictl', CRICTL)
  programs.add('systemctl', '')
  mkdirSync(join(folder, 'pids'))
  put('renewed', fresh)
  programs.put('user.conf', kubeconfig(fresh))
})
afterEach(() => {
  for (const child of running.values()) child.kill('SIGKILL')
  running.clear()
  rmSync(folder, { recursive: true, force: true })
})

/** Gives the host these certificates. */
function put(place: string, issued: Issued): void {
  mkdirSync(join(folder, place, 'pki/etcd'), { recursive: true })
  for (const name of PAIRS) putPair(place, name, issued)
  for (const name of CONFS) writeFileSync(join(folder, place, `${name}.conf`), kubeconfig(issued))
}

function putPair(place: string, name: string, { certificate, key }: Issued): void {
  writeFileSync(join(folder, place, `pki/${name}.crt`), certificate)
  writeFileSync(join(folder, place, `pki/${name}.key`), key)
}

/** Starts what stands for the component's process. */
async function start(name: string): Promise<void> {
  const child = spawn('sleep', ['600'])
  await new Promise((resolve) => child.once('spawn', resolve))
  running.set(name, child)
  writeFileSync(join(folder, 'pids', name), String(child.pid))
}

/** Dates the files of the host back to before or after the start of its components. */
function date(seconds: number): void {
  const time = Date.now() / 1000 + seconds
  const files = [...CONFS.map((name) => `${name}.conf`), 'pki/apiserver.crt', 'pki/etcd/server.crt']
  for (const file of files) utimesSync(join(folder, 'kubernetes', file), time, time)
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8')
const calls = (program: string) => programs.calls().filter((call) => call.startsWith(`${program} `))
/** The host names its files as a real one does. */
const context = () => {
  const local = localContext(programs)
  const named = (text: string) =>
    text
      .replaceAll(`${folder}/kubernetes`, '/etc/kubernetes')
      .replaceAll(`${folder}/kubelet`, '/var/lib/kubelet')
  const session: Session = {
    ...local.session,
    run: async (command, options) => {
      const answer = await local.session.run(command, options)
      return { ...answer, stdout: named(answer.stdout) }
    },
  }
  const sessions = { session: () => Promise.resolve(session), close: () => Promise.resolve() }
  return { ...local, session, sessions, patience: { components: 0, etcd: 0, node: 0, runtime: 0 } }
}
const renew = (more: { readonly since?: number } = {}) =>
  renewControlPlane(context(), { others: [], isDown: true, ...more })
const isAlive = (name: string) =>
  running.get(name)?.exitCode === null && running.get(name)?.signalCode === null

describe('the certificates of a control plane', () => {
  it('are renewed if they are due, with the configuration of the cluster', async () => {
    put('kubernetes', ending)
    const { changed, summary } = await renew()
    expect({ changed, summary }).toMatchObject({
      changed: true,
      summary: expect.stringMatching(/^renewed .*apiserver\.crt/) as string,
    })
    expect(calls('kubeadm')).toHaveLength(1)
    expect(read('given')).toContain('kind: ClusterConfiguration')
    expect(read('given')).toContain('clusterName: prod')
    expect(read('kubernetes/pki/etcd/peer.crt')).toBe(fresh.certificate)
  })

  it('are left alone while they last, unless all are to be renewed', async () => {
    put('kubernetes', authority.issue('someone', 300))
    date(-3600)
    expect((await renew()).changed).toBe(false)
    expect(calls('kubeadm')).toEqual([])
    expect((await renew({ since: Date.now() })).changed).toBe(true)
    expect(calls('kubeadm')).toHaveLength(1)
  })

  it('are made again where the key does not fit, by a kubeadm that knows the configuration', async () => {
    put('kubernetes', fresh)
    date(-3600)
    writeFileSync(join(folder, 'kubernetes/pki/front-proxy-client.key'), other.key)
    expect((await renew()).summary).toContain('front-proxy-client')
    expect(calls('kubeadm')).toEqual(['kubeadm certs renew front-proxy-client --config /dev/stdin'])
    expect(read('kubernetes/pki/front-proxy-client.key')).toBe(fresh.key)
  })

  it('are made again in a kubeconfig of which only half was written', async () => {
    put('kubernetes', fresh)
    date(-3600)
    writeFileSync(join(folder, 'kubernetes/scheduler.conf'), kubeconfig(fresh).slice(0, 200))
    expect((await renew()).summary).toContain('scheduler.conf')
    expect(read('kubernetes/scheduler.conf')).toBe(kubeconfig(fresh))
  })

  it('that kubeadm cannot renew, without the key of their CA, are an error and no success', async () => {
    put('kubernetes', ending)
    programs.put('keyless', '')
    await expect(renew()).rejects.toMatchObject({
      code: 'RENEWAL_INCOMPLETE',
      message: expect.stringContaining('apiserver.crt') as string,
    })
  })

  it('end the processes that are older than they are, and no others', async () => {
    put('kubernetes', fresh)
    for (const name of COMPONENTS) await start(name)
    date(3600)
    utimesSync(join(folder, 'kubernetes/scheduler.conf'), 1, 1)
    const { summary } = await renew()
    expect(summary).toBe('restarted etcd, kube-apiserver, kube-controller-manager')
    await vi.waitFor(() => expect(COMPONENTS.filter(isAlive)).toEqual(['kube-scheduler']))
  })
})

describe('a kubelet', () => {
  const client = () => join(folder, 'kubelet/pki/kubelet-client-current.pem')
  const renewed = (more: { readonly restart?: boolean } = {}) =>
    renewKubelet({ ...context(), host: aHost('w1') }, { issuer: aHost('cp1'), restart: false, ...more })
  const withClient = (issued: Issued) => {
    mkdirSync(join(folder, 'kubelet/pki'), { recursive: true })
    mkdirSync(join(folder, 'kubernetes'), { recursive: true })
    writeFileSync(client(), `${issued.certificate}${issued.key}`)
  }

  it('gets a client certificate from a control plane once its own has ended', async () => {
    withClient(ended)
    const { summary } = await renewed()
    expect(summary).toContain('client certificate of the kubelet')
    const [call] = calls('kubeadm')
    expect(call).toContain('--org system:nodes --client-name system:node:w1')
    expect(readlinkSync(client())).toMatch(/kubelet-client-[\d-]+\.pem$/)
    expect(readFileSync(client(), 'utf8')).toBe(`${fresh.certificate}${fresh.key}`)
    expect(statSync(client()).mode & 0o777).toBe(0o600)
    expect(calls('systemctl')).toContain('systemctl restart kubelet')
  })

  it('that has its certificate in its kubeconfig reads the file from then on', async () => {
    withClient(ended)
    writeFileSync(join(folder, 'kubernetes/kubelet.conf'), kubeconfig(ended))
    await renewed()
    const conf = read('kubernetes/kubelet.conf')
    expect(conf).toContain(`    client-certificate: ${client()}\n    client-key: ${client()}\n`)
    expect(conf).not.toContain('client-key-data')
  })

  it('is left alone while its certificate is valid', async () => {
    withClient(ending)
    expect(await renewed()).toEqual({ changed: false, summary: 'runs' })
    expect(calls('kubeadm')).toEqual([])
  })

  it('signs itself another certificate for serving before that ends', async () => {
    withClient(fresh)
    writeFileSync(join(folder, 'kubelet/pki/kubelet.crt'), ending.certificate)
    writeFileSync(join(folder, 'kubelet/pki/kubelet.key'), ending.key)
    expect((await renewed()).summary).toBe('renewed kubelet.crt')
    expect(existsSync(join(folder, 'kubelet/pki/kubelet.crt'))).toBe(false)
    expect(calls('systemctl')).toContain('systemctl restart kubelet')
  })
})

describe('a look at certificates', () => {
  it('takes no private key from the host', async () => {
    put('kubernetes', fresh)
    mkdirSync(join(folder, 'kubelet/pki'), { recursive: true })
    const pem = `${fresh.certificate}${fresh.key}`
    writeFileSync(join(folder, 'kubelet/pki/kubelet-client-current.pem'), pem)
    const { session } = context()
    let seen = ''
    const { found } = await lookAtCertificates({
      ...session,
      run: async (command, options) => {
        const answer = await session.run(command, options)
        seen = answer.stdout
        return answer
      },
    })
    expect(found).toHaveLength(PAIRS.length + CONFS.length + 1)
    const [, body = ''] = fresh.key.split('\n')
    expect(seen).not.toContain(body)
    expect(seen).not.toContain(base64(fresh.key).slice(0, 40))
  })
})
