import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Fleet } from '../../support/fleet.js'

/** Checks that a bootstrap left no secrets in the engine's history and logs, nor in files on its hosts. */
export async function expectNoSecretsLeft(fleet: Fleet): Promise<void> {
  const caKey = (await fleet.on('cp1', 'sed -n 2p /etc/kubernetes/pki/ca.key')).trim()
  expect(caKey.length).toBeGreaterThan(40)
  for (const file of ['engine.db', 'engine.db-wal', 'worker.log', 'server.log']) {
    const text = readFileSync(join(fleet.engineFolder, file), 'latin1')
    expect(text.includes(caKey), file).toBe(false)
    expect(text.includes('PRIVATE KEY'), file).toBe(false)
    expect(text, file).not.toMatch(/"token"\s*:\s*"/)
  }
  const token = /[a-z0-9]{6}\.[a-z0-9]{16}(?![a-z0-9])/
  for (const host of ['cp1', 'cp2', 'w1']) {
    const left = await fleet.on(
      host,
      'cat $(find /var/lib/quorate -type f) ; find /run/quorate /tmp -type f 2>/dev/null',
    )
    expect(left, host).not.toMatch(/PRIVATE KEY/)
    expect(left, host).not.toMatch(token)
    expect(left, host).not.toMatch(/kubeadm\.yaml$/m)
  }
}
