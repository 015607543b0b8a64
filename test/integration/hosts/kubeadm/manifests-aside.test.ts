import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bringBack, CONTROL_PLANE, setAside } from '../../../../src/hosts/kubeadm/manifests-aside.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-aside-')))
  mkdirSync(folder('manifests'), { recursive: true })
  for (const name of CONTROL_PLANE) writeFileSync(join(folder('manifests'), `${name}.yaml`), name)
  writeFileSync(join(folder('manifests'), 'other.yaml'), 'of somebody else')
  addKubelet()
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const folder = (name: string) => join(programs.folder, 'kubernetes', name)
const files = (name: string) => (existsSync(folder(name)) ? readdirSync(folder(name)).toSorted() : [])
const context = (components = 5_000) => {
  const local = localContext(programs)
  return { ...local, patience: { ...local.patience, components } }
}
const ALL = CONTROL_PLANE.map((name) => `${name}.yaml`).toSorted()

/** Containers run for the manifests that are in the kubelet's folder, and for those that never end. */
function addKubelet({ stuck = '', listening = '' } = {}): void {
  programs.add('systemctl', ':')
  programs.add(
    'crictl',
    `separator=
printf '{"containers":['
for name in ${CONTROL_PLANE.join(' ')}; do
  [ -e "$here/kubernetes/manifests/$name.yaml" ] || [ "$name" = "${stuck}" ] || continue
  printf '%s{"metadata":{"name":"%s"},"labels":{"io.kubernetes.pod.namespace":"kube-system","io.kubernetes.pod.name":"%s-cp1"}}' "$separator" "$name" "$name"
  separator=,
done
printf ']}'`,
  )
  programs.add('ss', `echo '${listening}'`)
}

describe('a control plane that is set aside', () => {
  it('is stopped, and everything else in the folder of manifests stays', async () => {
    expect((await setAside(context())).toSorted()).toEqual(CONTROL_PLANE.toSorted())
    expect(files('manifests')).toEqual(['other.yaml'])
    expect(files('manifests-aside')).toEqual(ALL)
  })

  it('is set aside once, and also if an attempt came only halfway', async () => {
    mkdirSync(folder('manifests-aside'))
    rmSync(join(folder('manifests'), 'kube-apiserver.yaml'))
    writeFileSync(join(folder('manifests-aside'), 'kube-apiserver.yaml'), 'kube-apiserver')
    expect(await setAside(context())).not.toContain('kube-apiserver')
    expect(await setAside(context())).toEqual([])
    expect(files('manifests-aside')).toEqual(ALL)
  })

  it.each([
    ['a container goes on running', { stuck: 'etcd' }, 'etcd still runs'],
    [
      'a port stays open',
      { listening: 'LISTEN 0 4096 10.0.0.1:2380 0.0.0.0:* users:(("etcd",pid=7,fd=3))' },
      'a port of the control plane is still open',
    ],
  ])('does not count as stopped while %s', async (_, what, message) => {
    addKubelet(what)
    await expect(setAside(context(500))).rejects.toMatchObject({ code: 'CONTROL_PLANE_RUNS', message })
  })

  it('does not mistake another etcd, on other ports, for the member', async () => {
    addKubelet({ listening: 'LISTEN 0 4096 10.0.0.1:6666 0.0.0.0:* users:(("etcd",pid=7,fd=3))' })
    await expect(setAside(context())).resolves.toHaveLength(4)
  })

  it('comes back: etcd first, then the others', async () => {
    await setAside(context())
    expect(await bringBack(context(), ['etcd'])).toEqual(['etcd'])
    expect(files('manifests')).toEqual(['etcd.yaml', 'other.yaml'])
    expect(await bringBack(context(), CONTROL_PLANE)).toHaveLength(3)
    expect(await bringBack(context(), CONTROL_PLANE)).toEqual([])
    expect(files('manifests')).toEqual([...ALL, 'other.yaml'].toSorted())
  })
})
