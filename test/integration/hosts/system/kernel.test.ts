import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setKernelParameters } from '../../../../src/hosts/system/kernel.js'
import { localContext } from '../../../support/local-context.js'
import { FakePrograms } from '../../../support/fake-programs.js'

const BRIDGE = 'net.bridge.bridge-nf-call'

let host: FakePrograms
beforeEach(() => {
  host = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-kernel-')))
  // As procps does it: what the kernel lacks is an error, and everything else is set all the same.
  host.add(
    'sysctl',
    `if [ "$1" = -n ]; then
  [ -e "$here/$2" ] || { echo "sysctl: cannot stat /proc/sys/$2: No such file or directory" >&2; exit 1; }
  exec cat "$here/$2"
fi
failed=0
while read -r name _ value; do
  case $name in '#'*|'') continue ;; esac
  if ! [ -e "$here/$name" ]; then failed=1; elif ! [ -e "$here/fixed" ]; then echo "$value" >"$here/$name"; fi
done <"$3"
exit $failed`,
  )
  for (const name of ['net.ipv4.ip_forward', `${BRIDGE}-iptables`, `${BRIDGE}-ip6tables`])
    host.put(name, '0\n')
})
afterEach(() => {
  rmSync(host.folder, { recursive: true })
})

const value = (name: string) => readFileSync(join(host.folder, name), 'utf8').trim()

describe('the kernel parameters', () => {
  it('are set once, now and at boot', async () => {
    expect(await setKernelParameters(localContext(host))).toBe(true)
    expect(value(`${BRIDGE}-ip6tables`)).toBe('1')
    expect(value('sysctl.d/zz-quorate-kubernetes.conf')).toContain(`${BRIDGE}-ip6tables = 1`)
    expect(await setKernelParameters(localContext(host))).toBe(false)
  })

  it('can lack those for IPv6 on a kernel without IPv6', async () => {
    rmSync(join(host.folder, `${BRIDGE}-ip6tables`))
    expect(await setKernelParameters(localContext(host))).toBe(true)
    expect(value(`${BRIDGE}-iptables`)).toBe('1')
    expect(await setKernelParameters(localContext(host))).toBe(false)
  })

  it('cannot lack any other', async () => {
    rmSync(join(host.folder, `${BRIDGE}-iptables`))
    await expect(setKernelParameters(localContext(host))).rejects.toMatchObject({
      code: 'KERNEL_NOT_PREPARED',
      context: { output: expect.stringContaining(`${BRIDGE}-iptables`) as string },
    })
  })

  it('are an error if something keeps them unchanged', async () => {
    host.put('fixed', '')
    await expect(setKernelParameters(localContext(host))).rejects.toMatchObject({
      code: 'KERNEL_NOT_PREPARED',
    })
  })
})
