import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { probeHost } from '../../../../src/hosts/facts/probes.js'
import type { HostProbes } from '../../../../src/facts/host-details.js'
import { QuorateError } from '../../../../src/errors/index.js'
import { localSession } from '../../../support/local-session.js'
import { freePort } from '../../../support/sshd.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorate-probes-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Puts a program before the host's own; `$0.real` is that one. */
function replace(name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nfolder='${folder}'\n${text}\n`)
  chmodSync(join(folder, name), 0o755)
}

function probe(hosts: readonly string[], port: number, endpoint = '127.0.0.9'): Promise<HostProbes> {
  const session = localSession({ environment: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } })
  const peers = hosts.map((host) => ({ host, port }))
  return probeHost(session, { peers, endpoint: { host: endpoint, port: 6443 }, disk: false })
}

const addresses = (number: number): readonly string[] =>
  Array.from({ length: number }, (_, index) => `127.0.1.${index + 1}`)

describe('a connection probe', () => {
  it('resolves names only, not addresses', async () => {
    replace('getent', 'echo "$*" >>"$folder/asked"; PATH=${PATH#*:} exec getent "$@"')
    const port = await freePort()
    const { connections, endpointAddresses } = await probe(['127.0.0.1', '::1', 'localhost'], port)
    expect(connections).toMatchObject({ [`127.0.0.1:${port}`]: 'refused', [`localhost:${port}`]: 'refused' })
    expect(endpointAddresses).toEqual(['127.0.0.9'])
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('ahosts localhost\n')
  })

  it('is inconclusive if the host is too busy for anything', async () => {
    replace('timeout', 'exit 124')
    const { connections, endpointAddresses, unanswered } = await probe(
      ['127.0.0.1', 'peer.lab'],
      6443,
      'api.lab',
    )
    expect({ connections, endpointAddresses }).toEqual({ connections: {}, endpointAddresses: [] })
    expect(unanswered?.toSorted()).toEqual(['127.0.0.1:6443', 'api.lab', 'peer.lab:6443'])
  })

  it('is repeated if the host was too busy at first', async () => {
    replace(
      'timeout',
      'mkdir "$folder/$(echo "$*" | md5sum | cut -c1-8)" 2>/dev/null && exit 124; shift; exec "$@"',
    )
    const port = await freePort()
    const { connections, unanswered } = await probe(['127.0.0.1', '127.0.0.2'], port)
    expect(connections).toEqual({ [`127.0.0.1:${port}`]: 'refused', [`127.0.0.2:${port}`]: 'refused' })
    expect(unanswered).toBeUndefined()
  })

  it('times out if the host has time and nobody answers', async () => {
    replace('timeout', 'case "$*" in *dev/tcp*|*getent*) exit 124 ;; esac; shift; exec "$@"')
    const { connections } = await probe(['127.0.0.1', 'peer.lab'], 6443)
    expect(connections).toEqual({ '127.0.0.1:6443': 'timeout', 'peer.lab:6443': 'name-not-resolved' })
  })

  it('runs with a few dozen others at a time until all are done', async () => {
    replace(
      'timeout',
      'echo + >>"$folder/log"; sleep 0.05; status=0; shift; "$@" || status=$?; echo - >>"$folder/log"; exit "$status"',
    )
    const { connections } = await probe(addresses(100), await freePort())
    expect(Object.values(connections)).toEqual(Array(100).fill('refused'))
    let running = 0
    const most = Math.max(
      ...readFileSync(join(folder, 'log'), 'utf8')
        .trim()
        .split('\n')
        .map((sign) => (running += sign === '+' ? 1 : -1)),
    )
    expect(most).toBeGreaterThan(8)
    expect(most).toBeLessThanOrEqual(32)
  })

  it('is inconclusive as a whole if the host does not finish', async () => {
    const session = localSession()
    const run = (): Promise<never> => Promise.reject(new QuorateError('SSH_TIMEOUT', 'no answer within 90 s'))
    const plan = {
      peers: [{ host: '127.0.0.1', port: 1 }],
      endpoint: { host: 'api.lab', port: 6443 },
      disk: false,
    }
    expect(await probeHost({ ...session, run }, plan)).toEqual({
      connections: {},
      endpointAddresses: [],
      unanswered: ['api.lab', '127.0.0.1:1'],
    })
  })
})
