import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderPreflight } from '../../../../src/cli/output/preflight.js'
import { finding } from '../../../../src/preflight/finding.js'
import { aCluster, aHost } from '../../../support/clusters.js'

const PLAIN = pc.createColors(false)
const cluster = aCluster({ hosts: ['cp1', 'w1', 'w2'].map((name) => aHost(name)) })
const lines = (...findings: Parameters<typeof renderPreflight>[2]) =>
  renderPreflight(cluster, 'v1.36.3', findings, PLAIN, Number.MAX_SAFE_INTEGER)

describe('preflight output on the terminal', () => {
  it('is one table, host by host, with a fix for each finding', () => {
    expect(
      lines(
        finding('error', 'PORT_BUSY', aHost('cp1'), 'port 6443 is in use by nginx', 'stop nginx'),
        finding('advice', 'DISK_SLOW', aHost('cp1'), 'a synced write takes 40 ms', 'use an SSD'),
        finding('warning', 'SWAP_ON', aHost('w2'), 'swap is on', 'turn it off'),
      ),
    ).toEqual([
      'preflight of prod: Kubernetes v1.36.3, 3 hosts',
      '',
      'HOST   CODE        FINDING',
      'cp1    PORT_BUSY   ✘ port 6443 is in use by nginx',
      '                   → stop nginx',
      '       DISK_SLOW   ℹ a synced write takes 40 ms',
      '                   → use an SSD',
      'w2     SWAP_ON     ⚠ swap is on',
      '                   → turn it off',
      '',
      '✔ nothing found on w1',
      '',
      '✘ 1 error, 1 warning, 1 piece of advice on 2 of 3 hosts: an apply would not start',
    ])
  })

  it('shows once what is the same on several hosts', () => {
    const onAll = (...hosts: readonly string[]) =>
      hosts.map((name) => finding('warning', 'SWAP_ON', aHost(name), 'swap is on', 'turn it off'))
    const full = finding('error', 'DISK_FULL', aHost('w1'), '\u001b[31m100 MiB free', 'make space')
    expect(lines(...onAll('cp1', 'w1'), full, ...onAll('w2')).slice(2)).toEqual([
      'HOST             CODE        FINDING',
      'cp1, w1 and w2   SWAP_ON     ⚠ swap is on',
      '                             → turn it off',
      'w1               DISK_FULL   ✘ 100 MiB free',
      '                             → make space',
      '',
      '✘ 1 error, 3 warnings on 3 of 3 hosts: an apply would not start',
    ])
  })

  it('fits the terminal: sentences go on below their beginning', () => {
    const long = finding(
      'error',
      'PORT_BUSY',
      aHost('cp1'),
      'port 6443 is in use by nginx',
      'stop nginx, or use another host',
    )
    expect(renderPreflight(cluster, 'v1.36.3', [long], PLAIN, 56).slice(2, 6)).toEqual([
      'HOST   CODE        FINDING',
      'cp1    PORT_BUSY   ✘ port 6443 is in use by nginx',
      '                   → stop nginx, or use another host',
      '',
    ])
    expect(renderPreflight(cluster, 'v1.36.3', [long], PLAIN, 51).slice(2, 7)).toEqual([
      'HOST   CODE        FINDING',
      'cp1    PORT_BUSY   ✘ port 6443 is in use by nginx',
      '                   → stop nginx, or use another',
      '                     host',
      '',
    ])
  })

  it('is a list on a terminal too narrow for a table', () => {
    const found = [
      finding(
        'error',
        'CONTAINERD_CONFIG_REPLACED',
        aHost('cp1'),
        'an apply replaces the file',
        'keep a copy of the file if you are not sure',
      ),
      finding('warning', 'SWAP_ON', aHost('cp1'), 'swap is on', 'turn it off'),
    ]
    expect(renderPreflight(cluster, 'v1.36.3', found, PLAIN, 40).slice(2, 11)).toEqual([
      'cp1',
      '  CONTAINERD_CONFIG_REPLACED',
      '  ✘ an apply replaces the file',
      '  → keep a copy of the file if you are',
      '    not sure',
      '  SWAP_ON',
      '  ⚠ swap is on',
      '  → turn it off',
      '',
    ])
  })

  it('says in one line that every host is ready', () => {
    expect(lines()).toEqual([
      'preflight of prod: Kubernetes v1.36.3, 3 hosts',
      '',
      '✔ every host is ready: nothing found',
    ])
  })

  it('says that warnings do not block an apply', () => {
    expect(lines(finding('warning', 'SWAP_ON', aHost('w2'), 'swap is on')).at(-1)).toBe(
      '⚠ 1 warning on 1 of 3 hosts: an apply would start',
    )
  })
})
