import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SWAP_AT_BOOT, turnSwapOff } from '../../../../src/hosts/system/swap.js'
import { SWAP_SERVICES } from '../../../../src/facts/swap.js'
import { script } from '../../../../src/ssh/index.js'
import { localContext } from '../../../support/local-context.js'
import { FakePrograms } from '../../../support/fake-programs.js'

const HEAD = 'Filename\tType\tSize\tUsed\tPriority\n'
const ROOT = '/dev/sda1 / ext4 defaults 0 1\n'

let host: FakePrograms
beforeEach(() => {
  host = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-swap-')))
  host.put('fstab', ROOT)
  host.put('swaps', HEAD)
  host.put('units', '')
  host.put('enabled', '')
  host.put('masked', '')
  host.add('swapoff', `head -n 1 "$here/swaps" >"$here/left"; mv "$here/left" "$here/swaps"`)
  host.add(
    'systemctl',
    `for unit in "$@"; do :; done
case " $* " in *' --quiet '*) exec >/dev/null ;; esac
case $1 in
  show) cat "$here/units" ;;
  is-enabled)
    if grep -qx "$unit" "$here/masked"; then echo masked; exit 1; fi
    if [ "$unit" = swap.target ] || grep -qx "$unit" "$here/enabled"; then echo enabled; else exit 1; fi ;;
  mask) echo "$unit" >>"$here/masked" ;;
  daemon-reload) : >"$here/units" ;;
esac`,
  )
})
afterEach(() => {
  rmSync(host.folder, { recursive: true })
})

const file = (name: string) => readFileSync(join(host.folder, name), 'utf8')

async function atBoot(): Promise<readonly string[]> {
  const { stdout } = await localContext(host).session.run(
    script(`${SWAP_AT_BOOT}\nswap_at_boot "$@"`, ...SWAP_SERVICES),
  )
  return stdout.split('\n').filter(Boolean)
}

describe('swap', () => {
  it('is left alone if nothing turns it on', async () => {
    expect(await turnSwapOff(localContext(host))).toBe(false)
    expect(host.calls().filter((call) => /mask|swapoff|reload/.test(call))).toEqual([])
  })

  it('is removed from fstab even if it is off now', async () => {
    host.put(
      'fstab',
      `${ROOT}UUID=1 none swap sw 0 0\n/swap.img\tnone\tswap\tsw\t0\t0\n/dev/sdc /swap ext4 rw 0 0\n`,
    )
    expect(await atBoot()).toEqual([join(host.folder, 'fstab')])
    expect(await turnSwapOff(localContext(host))).toBe(true)
    expect(file('fstab')).toBe(
      `${ROOT}# quorate: UUID=1 none swap sw 0 0\n# quorate: /swap.img\tnone\tswap\tsw\t0\t0\n/dev/sdc /swap ext4 rw 0 0\n`,
    )
    expect(await atBoot()).toEqual([])
    expect(await turnSwapOff(localContext(host))).toBe(false)
  })

  it('from a generated unit does not return, because its target is masked', async () => {
    host.put('swaps', `${HEAD}/dev/zram0 partition 1 0 100\n`)
    host.put('units', 'dev-zram0.swap other.target\n\n')
    expect(await atBoot()).toEqual(['dev-zram0.swap'])
    expect(await turnSwapOff(localContext(host))).toBe(true)
    expect(file('masked')).toBe('swap.target\n')
    expect(file('swaps')).toBe(HEAD)
    expect(await atBoot()).toEqual([])
    expect(await turnSwapOff(localContext(host))).toBe(false)
  })

  it('from a service of the distribution does not return, because the service is masked', async () => {
    host.put('enabled', 'zramswap.service\n')
    expect(await turnSwapOff(localContext(host))).toBe(true)
    expect(file('masked')).toBe('zramswap.service\n')
    expect(await atBoot()).toEqual([])
  })

  it('that stays on is an error that names its cause', async () => {
    host.put('swaps', `${HEAD}/dev/sdb1 partition 1 0 -2\n`)
    host.add('swapoff', "echo 'swapoff: /dev/sdb1: swapoff failed: Cannot allocate memory' >&2; exit 1")
    await expect(turnSwapOff(localContext(host))).rejects.toMatchObject({
      code: 'KERNEL_NOT_PREPARED',
      message: expect.stringContaining('Cannot allocate memory') as string,
    })
  })
})
