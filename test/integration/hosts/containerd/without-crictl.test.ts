import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  presentImages,
  RUNNING_CONTAINERS,
  runtimeObstacle,
} from '../../../../src/hosts/containerd/containers.js'
import { etcdMembers } from '../../../../src/hosts/etcd/members.js'
import { pullImages } from '../../../../src/hosts/containerd/images.js'
import { aCluster } from '../../../support/clusters.js'
import { localContext } from '../../../support/local-context.js'
import { FakePrograms } from '../../../support/fake-programs.js'

vi.mock('../../../../src/hosts/durable.js', () => import('../../../support/local-context.js'))

const ETCD_ONLY = `*name*==etcd,*namespace*==kube-system*`

let host: FakePrograms
beforeEach(() => {
  host = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-ctr-')))
  host.put('images', 'registry.k8s.io/pause:3.10.2\nsha256:beef\n')
  host.add('systemctl', 'echo 0')
  // A container etcd of another namespace runs too, and the first of ours has ended.
  host.add(
    'ctr',
    `shift 2
case $* in
  'tasks ls') printf 'TASK    PID    STATUS\\ndead    11    STOPPED\\nours    ${process.pid}    RUNNING\\nother    13    RUNNING\\n' ;;
  'containers ls -q '${ETCD_ONLY}) printf 'dead\\nours\\n' ;;
  'containers ls -q '*) printf 'dead\\nours\\n' ;;
  'containers info '*) printf '{\\n  "ID": "%s",\\n  "Labels": {\\n    "io.kubernetes.container.name": "etcd",\\n' "$3" ;;
  'images ls -q') cat "$here/images" ;;
  'images pull '*) for image in "$@"; do :; done; [ ! -e "$here/broken" ] || exit 1; echo "$image" >>"$here/images" ;;
  'plugins ls') printf 'TYPE ID PLATFORMS STATUS\\nio.containerd.grpc.v1 cri linux/amd64 %s\\n' "$(cat "$here/cri")" ;;
esac`,
  )
  host.add(
    'nsenter',
    'echo "8e9e05c52164694d, started, cp1, https://192.0.2.11:2380, https://192.0.2.11:2379, false"',
  )
})
afterEach(() => {
  rmSync(host.folder, { recursive: true })
})

describe('a host without crictl', () => {
  it('reaches etcd in the container of its own member, not in others of that name', async () => {
    expect((await etcdMembers(localContext(host).session)).map(({ name }) => name)).toEqual(['cp1'])
    expect(host.calls().find((call) => call.startsWith('nsenter'))).toMatch(
      new RegExp(`^nsenter --target ${process.pid} --mount -- etcdctl --endpoints .* member list -w simple$`),
    )
  })

  it('reports which components run', async () => {
    const { stdout } = await localContext(host).session.run(RUNNING_CONTAINERS)
    expect(JSON.parse(stdout)).toMatchObject({ containers: [{ metadata: { name: 'etcd' } }] })
  })

  it('lists and pulls images', async () => {
    expect(await presentImages(localContext(host).session)).toContain('registry.k8s.io/pause:3.10.2')
    const images = ['registry.k8s.io/pause:3.10.2', 'registry.k8s.io/kube-proxy:v1.36.3']
    const cluster = aCluster({ network: { plugin: 'none' } })
    expect(await pullImages(localContext(host, cluster), images)).toBe(true)
    expect(host.calls().filter((call) => call.includes('images pull'))).toEqual([
      expect.stringMatching(
        /^ctr --namespace k8s\.io images pull --hosts-dir \S+\/containerd\/certs\.d registry\.k8s\.io\/kube-proxy:v1\.36\.3$/,
      ),
    ])
    expect(await pullImages(localContext(host, cluster), images)).toBe(false)
  })

  it('is ready once the CRI plugin is loaded', async () => {
    host.put('cri', 'error')
    expect(await runtimeObstacle(localContext(host).session)).toBe('its plugin for CRI is not loaded')
    host.put('cri', 'ok')
    expect(await runtimeObstacle(localContext(host).session)).toBeUndefined()
  })
})

describe('images that cannot be pulled', () => {
  it('are reported with the proxy that containerd lacks, without its password', async () => {
    host.put('broken', '')
    host.put('environment', 'PATH=/bin\nhttps_proxy="http://me:secret@proxy.lab:3128"\n')
    await expect(pullImages(localContext(host), ['registry.k8s.io/pause:3.11'])).rejects.toMatchObject({
      code: 'IMAGES_FAILED',
      message: expect.stringMatching(
        /names the proxy http:\/\/proxy\.lab:3128, but containerd runs without/,
      ) as string,
      context: { hint: expect.stringContaining('containerd.service.d') as string },
    })
  })
})
