/**
 * A separate host on this machine, made in a moment: namespaces, an overlayfs root above the machine's own, a real sshd,
 * and stand-ins (test/faults/sweep/host) for kubeadm and everything around it. Needs root and overlayfs on tmpfs.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ApiIdentity } from '../../support/api-server.js'
import { mustRun } from '../../support/process.js'
import { generateKey } from '../../support/sshd.js'

const STAND_INS = fileURLToPath(new URL('host', import.meta.url))
const FAKE_SYSTEMD = fileURLToPath(new URL('../../support/fake-systemd', import.meta.url))
const BOOT = join(STAND_INS, 'usr', 'local', 'lib', 'host', 'boot')

/** Port of every scripted host's sshd, on the host's own loopback address. */
export const SSH_PORT = 2222

/** Hosts do not see these, even if the machine has them. */
const HIDDEN = [
  ...[
    '/etc/kubernetes',
    '/etc/containerd',
    '/etc/haproxy',
    '/etc/crictl.yaml',
    '/etc/fstab',
    '/etc/hostname',
    '/opt/cni',
  ],
  ...['/var/lib/quorate', '/var/lib/etcd', '/var/lib/kubelet', '/var/lib/host'],
]

/** What all scripted hosts have in common. */
export interface HostImage {
  /** Layer above the machine's own root. */
  readonly layer: string
  /** Private key that logs in as root. */
  readonly identityFile: string
  /** Knows the host key that all hosts share, at any port. */
  readonly knownHostsFile: string
  /** Of every API server and its administrator. */
  readonly identity: ApiIdentity
}

/** Builds the image in a folder on tmpfs. */
export async function buildHostImage(folder: string, identity: ApiIdentity): Promise<HostImage> {
  const layer = join(folder, 'layer')
  mkdirSync(join(layer, 'etc', 'ssh'), { recursive: true })
  mkdirSync(join(layer, 'var', 'lib'), { recursive: true })
  mkdirSync(join(layer, 'cluster'))
  cpSync(STAND_INS, layer, { recursive: true })
  cpSync(FAKE_SYSTEMD, join(layer, 'usr', 'local', 'lib', 'fake-systemd'), { recursive: true })
  symlinkSync('/bin/sh', join(layer, 'usr', 'local', 'sbin', 'systemd'))
  const passwd = readFileSync('/etc/passwd', 'utf8').replace(
    /^(root:.*:)[^:]*$/m,
    '$1/usr/local/sbin/login-shell',
  )
  writeFileSync(join(layer, 'etc', 'passwd'), passwd)
  // A 0:0 device in a layer hides what is below it.
  HIDDEN.forEach((path) => mkdirSync(dirname(join(layer, path)), { recursive: true }))
  await Promise.all(HIDDEN.map((path) => mustRun('mknod', [join(layer, path), 'c', '0', '0'])))
  const keys = { identity: join(folder, 'id_ed25519'), host: join(layer, 'etc', 'ssh', 'scripted_host_key') }
  await Promise.all([generateKey(keys.identity, 'ed25519'), generateKey(keys.host, 'ed25519')])
  cpSync(`${keys.identity}.pub`, join(layer, 'etc', 'ssh', 'scripted_host_authorized_keys'))
  const hostKey = readFileSync(`${keys.host}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  const knownHostsFile = join(folder, 'known_hosts')
  writeFileSync(knownHostsFile, `[127.0.0.1]:* ${hostKey}\n`)
  const data = (name: string, content: string) =>
    writeFileSync(join(layer, 'usr', 'local', 'lib', 'host', name), content)
  const pair = (name: string, { certificate, key }: ApiIdentity['server']) => {
    data(`${name}.crt`, certificate)
    data(`${name}.key`, key)
  }
  data('admin.conf', identity.adminConf())
  pair('pair', identity.server)
  // What a renewal makes. Once for all hosts, so that those of several runs are the same.
  data('renewed.conf', identity.adminConf(identity.anotherAdmin('kubernetes-admin', 365)))
  pair('renewed', identity.anotherServer(365))
  return { layer, identityFile: keys.identity, knownHostsFile, identity }
}

export class ScriptedHost {
  readonly name: string
  /** The host's own loopback address. */
  readonly address: string
  /** The upper layer of the host's root: everything that was changed on it. */
  readonly changes: string
  private readonly folder: string
  private readonly image: HostImage
  private readonly cluster: string
  private child: ChildProcess | undefined
  private isOn = false

  /** @param cluster folder with the model of the cluster, shared by its hosts. */
  constructor(image: HostImage, folder: string, cluster: string, name: string, address: string) {
    this.image = image
    this.folder = folder
    this.cluster = cluster
    this.name = name
    this.address = address
    this.changes = join(folder, 'upper')
  }

  /**
   * Boots the host: bare, like a machine after its installation, or with the changes that were kept in a folder. Once
   * this resolves, sshd answers.
   */
  async start(kept?: string): Promise<void> {
    for (const name of ['upper', 'work', 'root', 'own']) this.empty(name)
    this.writeOwnLayer()
    if (kept !== undefined) await mustRun('cp', ['-a', `${kept}/.`, this.changes])
    this.isOn = true
    await this.boot()
  }

  /** A host that ends by itself has rebooted: it comes back with what was changed on it. */
  private async boot(): Promise<void> {
    const child = spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--uts', '--fork', '--kill-child', '--propagation', 'private', 'sh', BOOT],
        ...[this.name, this.folder, `${join(this.folder, 'own')}:${this.image.layer}`, this.cluster],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    this.child = child
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve())
      child.once('exit', () => reject(new Error(`${this.name} did not start: ${output}`)))
    })
    child.once('close', () => {
      if (!this.isOn) return
      for (const name of ['work', 'root']) this.empty(name)
      void this.boot().catch((error: unknown) => console.error(error))
    })
  }

  /** Cuts the power. Once this resolves, nothing of the host runs. */
  async stop(): Promise<void> {
    const { child } = this
    this.isOn = false
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('close', resolve))
    child.stdin?.end()
    child.kill('SIGKILL')
    await exited
  }

  private empty(name: string): void {
    rmSync(join(this.folder, name), { recursive: true, force: true })
    mkdirSync(join(this.folder, name), { recursive: true })
  }

  private writeOwnLayer(): void {
    const own = (path: string, content: string) => writeFileSync(join(this.folder, 'own', path), content)
    mkdirSync(join(this.folder, 'own', 'etc', 'ssh'), { recursive: true })
    for (const name of ['packages', 'active', 'enabled', 'loaded']) {
      mkdirSync(join(this.folder, 'own', 'var', 'lib', 'host', name), { recursive: true })
    }
    own('var/lib/host/images', '')
    own('etc/host-address', `${this.address}\n`)
    own('etc/hostname', `${this.name}\n`)
    own(
      'etc/machine-id',
      `${Buffer.from(`machine-${this.name}`).toString('hex').padEnd(32, '0').slice(0, 32)}\n`,
    )
    own('etc/fstab', '/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 none swap sw 0 0\n')
    own('etc/ssh/scripted_host_config', sshdConfig(this.address))
    chmodSync(join(this.folder, 'own'), 0o755)
  }
}

function sshdConfig(address: string): string {
  return [
    `Port ${SSH_PORT}`,
    `ListenAddress ${address}`,
    'HostKey /etc/ssh/scripted_host_key',
    'AuthorizedKeysFile /etc/ssh/scripted_host_authorized_keys',
    // SHLVL keeps bash from reading .bashrc, which it does when sshd starts it.
    'SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin FAKE_SYSTEMD=/run/units SHLVL=1',
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    // The only cipher whose packet lengths are visible: the proxy cuts at packets, without guessing.
    'Ciphers aes128-gcm@openssh.com',
    '',
  ].join('\n')
}
