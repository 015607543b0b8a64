import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HEADER } from '../../../../src/configuration/host-prerequisites.js'
import { leftovers, removeLeftovers, stopEverything } from '../../../../src/hosts/kubeadm/leftovers.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-leftovers-')))
  programs.add(
    'systemctl',
    `case "$*" in
      *is-active*|*is-enabled*) [ -e "$here/$(echo "$*" | awk '{ print $NF }').on" ] ;;
      disable*) for name in "$@"; do rm -f "$here/$name.on"; done ;;
    esac`,
  )
  programs.add('crictl', `case "$1" in pods) cat "$here/pods" 2>/dev/null ;; rmp) rm -f "$here/pods" ;; esac`)
  programs.add('ss', `cat "$here/listeners" 2>/dev/null; true`)
  programs.add(
    'nft',
    `case "$1" in list) cat "$here/tables" 2>/dev/null ;; delete) rm -f "$here/tables" ;; esac`,
  )
  programs.add(
    'apt-mark',
    `case "$1" in showhold) cat "$here/held" 2>/dev/null ;; unhold) rm -f "$here/held" ;; esac`,
  )
  programs.add(
    'ip',
    `case "$*" in
      'link delete '*) rm -f "$here/links/$3" ;;
      '-4 route show root 10.244.0.0/16') cat "$here/routes" 2>/dev/null ;;
      '-4 route flush root 10.244.0.0/16') rm -f "$here/routes" ;;
    esac`,
  )
  programs.add('ipvsadm', '')
  for (const tool of ['iptables', 'ip6tables']) {
    for (const variant of ['', '-nft', '-legacy']) {
      programs.add(`${tool}${variant}-save`, `cat "$here/${tool}${variant}.rules" 2>/dev/null; true`)
      programs.add(`${tool}${variant}-restore`, `cat >"$here/${tool}${variant}.rules"`)
    }
  }
})
afterEach(() => rmSync(programs.folder, { recursive: true }))

function file(path: string, content = 'x'): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}

/** Where a folder of the host is here. */
const at = (path: string) => join(programs.folder, path)
const text = (path: string) => readFileSync(at(path), 'utf8')
const context = () => {
  const patience = { components: 100, etcd: 100, node: 100, runtime: 100 }
  return { ...localContext(programs), patience }
}

const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j DOCKER
COMMIT
`

/** A host that was a control plane, a balancer, and a node with Flannel, and was reset by kubeadm alone. */
function aUsedHost(): void {
  programs.put('kubelet.on', '')
  programs.put('haproxy.on', '')
  file('haproxy-files/haproxy.cfg', `${HEADER}\nglobal\n`)
  file('kubernetes/tmp/kubeadm-backup/etcd.yaml')
  file('kubelet/config.yaml')
  file('etcd-data/member/wal')
  file('pod-networks/10-flannel.conflist')
  file('cni-state/networks/cbr0/10.244.1.2')
  file('flannel-state/subnet.env')
  file('links/flannel.1')
  file('state/initialised')
  programs.put('routes', '10.244.3.0/24 via 192.0.2.12 dev eth0\n')
  programs.put('iptables.rules', RULES)
  programs.put('tables', 'table ip kube-proxy\n')
  programs.put('held', 'kubeadm\nkubelet\nkubectl\n')
}

/** A volume of a pod, mounted below the kubelet's folder. */
function aVolume(path: string): void {
  file(`kubelet/${path}/precious`)
  const mount = at(`kubelet/${path}`).replaceAll(' ', '\\040')
  programs.put('mounts', `proc /proc proc rw 0 0\n/dev/sdb ${mount} ext4 rw 0 0\n`)
}

describe('what runs on a host', () => {
  it('is stopped, so that it does not start again, and no data are touched', async () => {
    aUsedHost()
    programs.put('pods', 'p1\n')
    expect(await stopEverything(context())).toEqual([
      'haproxy as a load balancer',
      'the kubelet service',
      'pods',
    ])
    expect(await stopEverything(context())).toEqual([])
    for (const path of [
      'etcd-data/member/wal',
      'kubernetes/tmp/kubeadm-backup/etcd.yaml',
      'kubelet/config.yaml',
    ]) {
      expect(existsSync(at(path)), path).toBe(true)
    }
  })

  it('is stopped also where there is no crictl', async () => {
    rmSync(at('crictl'))
    programs.add(
      'ctr',
      `shift 2; case "$*" in
        'tasks list -q') cat "$here/pods" 2>/dev/null ;;
        'tasks rm --force p1') rm -f "$here/pods" ;;
      esac`,
    )
    programs.put('pods', 'p1\n')
    expect(await stopEverything(context())).toEqual(['pods'])
    expect(await stopEverything(context())).toEqual([])
  })

  it('is not stopped before its components have ended', async () => {
    programs.put('kubelet.on', '')
    programs.put('listeners', 'LISTEN 0 4096 *:2379 *:* users:(("etcd",pid=1,fd=3))\n')
    await expect(stopEverything(context())).rejects.toMatchObject({
      code: 'RESET_INCOMPLETE',
      message: 'still there: a running component of Kubernetes',
    })
  })
})

describe('what kubeadm reset leaves on a host', () => {
  it('is named', async () => {
    aUsedHost()
    expect(await leftovers(context())).toEqual([
      'haproxy as a load balancer',
      'the kubelet service',
      at('kubernetes'),
      at('kubelet'),
      "etcd's data",
      at('pod-networks'),
      at('cni-state'),
      at('flannel-state'),
      'network interfaces of pods',
      'routes to pods',
      'nftables of kube-proxy',
      'chains of iptables',
      'packages on hold',
      'marks of an init',
    ])
  })

  it('is taken away, and only that', async () => {
    aUsedHost()
    await removeLeftovers(context())
    expect(await leftovers(context())).toEqual([])
    expect(existsSync(at('haproxy-files/haproxy.cfg'))).toBe(false)
    // The folders may be mounts.
    for (const folder of ['etcd-data', 'kubelet', 'kubernetes']) {
      expect(existsSync(at(folder)), folder).toBe(true)
    }
    expect(text('iptables.rules')).toBe(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -j DOCKER\nCOMMIT\n',
    )
  })

  it('is nothing on a bare host, whose own files stay', async () => {
    file('haproxy-files/haproxy.cfg', '# Mine.\n')
    mkdirSync(at('etcd-data/lost+found'), { recursive: true })
    programs.put('iptables.rules', '*nat\n:DOCKER - [0:0]\nCOMMIT\n')
    expect(await leftovers(context())).toEqual([])
    await removeLeftovers(context())
    expect(text('haproxy-files/haproxy.cfg')).toBe('# Mine.\n')
    expect(programs.calls().filter((call) => /restore|disable|delete/.test(call))).toEqual([])
  })

  it('are no volumes of pods: they are unmounted, and what they hold stays', async () => {
    aVolume('volumes/kubernetes.io~csi/data')
    programs.add('umount', 'shift; : >"$here/mounts"; mv "$1/precious" "$here/kept"')
    await removeLeftovers(context())
    expect(await leftovers(context())).toEqual([])
    expect(text('kept')).toBe('x')
  })

  it('stay if they include a volume that cannot be unmounted, which is named', async () => {
    aVolume('volumes/kubernetes.io~csi/data')
    programs.add('umount', 'exit 32')
    await expect(removeLeftovers(context())).rejects.toMatchObject({
      message: `still there: mounts below ${at('kubelet')}, ${at('kubelet')}`,
    })
    expect(text('kubelet/volumes/kubernetes.io~csi/data/precious')).toBe('x')
    expect(programs.calls().filter((call) => call.startsWith('umount -l'))).not.toEqual([])
  })

  it('includes volumes with a blank in their name', async () => {
    aVolume('volumes/my data')
    programs.add('umount', '[ -d "$2" ] && : >"$here/mounts"')
    await removeLeftovers(context())
    expect(programs.calls()).toContain(`umount -- ${at('kubelet/volumes/my data')}`)
  })

  it('includes passwords of registries, but no other settings of containerd', async () => {
    file('containerd/certs.d/private.lab/hosts.toml', `${HEADER}\nheader = { Authorization = 'Basic x' }\n`)
    file('containerd/certs.d/mirror.lab/hosts.toml', `${HEADER}\nserver = 'http://mirror.lab'\n`)
    file('containerd/certs.d/mine.lab/hosts.toml', `header = { Authorization = 'Basic x' }\n`)
    expect(await leftovers(context())).toEqual(['passwords of registries'])
    await removeLeftovers(context())
    expect(existsSync(at('containerd/certs.d/private.lab/hosts.toml'))).toBe(false)
    expect(existsSync(at('containerd/certs.d/mirror.lab/hosts.toml'))).toBe(true)
    expect(existsSync(at('containerd/certs.d/mine.lab/hosts.toml'))).toBe(true)
  })

  it('is told if it cannot be taken away', async () => {
    programs.put('listeners', 'LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=1,fd=3))\n')
    await expect(removeLeftovers(context())).rejects.toMatchObject({
      code: 'RESET_INCOMPLETE',
      message: 'still there: a running component of Kubernetes',
    })
  })
})
