/** A session whose host keeps its files in a folder of the test, not in their own places. */
import type { Command } from '../../src/ssh/run/command.js'
import type { RunOptions, Session, SessionPool } from '../../src/ssh/session.js'

/** Where each path of the host lies within the folder. */
const PLACES = {
  '/var/lib/quorate': 'state',
  '/run/quorate': 'secrets',
  '/etc/machine-id': 'machine-id',
  '/etc/kubernetes': 'kubernetes',
  '/var/lib/kubelet': 'kubelet',
  '/etc/apt': 'apt',
  '/usr/lib/apt': 'apt-programs',
  '/etc/yum.repos.d': 'yum.repos.d',
  '/etc/pki/rpm-gpg': 'rpm-gpg',
  '/etc/dnf': 'dnf-settings',
  '/etc/environment': 'environment',
  '/etc/fstab': 'fstab',
  '/etc/sysctl.d': 'sysctl.d',
  '/proc/swaps': 'swaps',
  '/proc/self/mounts': 'mounts',
  '/opt/cni': 'cni',
  '/usr/lib/cni': 'debian-cni',
  '/etc/containerd': 'containerd',
  '/etc/cni/net.d': 'pod-networks',
  '/var/lib/cni': 'cni-state',
  '/run/flannel': 'flannel-state',
  '/run/netns': 'namespaces',
  '/sys/class/net': 'links',
  '/etc/haproxy': 'haproxy-files',
  '/etc/keepalived': 'keepalived-files',
  '/etc/systemd/system/kubelet.service.d': 'kubelet-unit',
  '/etc/modules-load.d': 'modules-load.d',
  '/var/lib/etcd': 'etcd-data',
} as const

/** How a unit's script is started; the script itself is the first line of its input. */
const UNIT_START = 'read -r text'

/** A session that means `<folder>/state` where it says `/var/lib/quorate`, and so on. */
export function inFolder(session: Session, folder: string): Session {
  const move = (text: string) =>
    Object.entries(PLACES).reduce((moved, [from, to]) => moved.replaceAll(from, `${folder}/${to}`), text)
  return {
    host: session.host,
    way: session.way,
    connect: (endpoint, signal) => session.connect(endpoint, signal),
    run: (command: Command, options: RunOptions = {}) => {
      const moved = { line: move(command.line) }
      if (!command.line.includes(UNIT_START)) return session.run(moved, options)
      const [script = '', ...rest] = (options.stdin ?? '').toString().split('\n')
      const movedScript = Buffer.from(move(Buffer.from(script, 'base64').toString())).toString('base64')
      return session.run(moved, { ...options, stdin: [movedScript, ...rest].join('\n') })
    },
    readFile: (path) => session.readFile(move(path)),
    writeFile: (path, content, attributes) => session.writeFile(move(path), content, attributes),
    removeFile: (path) => session.removeFile(move(path)),
  }
}

/** A pool whose sessions are all {@link inFolder} to one folder. */
export function poolInFolder(pool: SessionPool, folder: string): SessionPool {
  return {
    session: async (host, signal) => inFolder(await pool.session(host, signal), folder),
    close: () => pool.close(),
  }
}
