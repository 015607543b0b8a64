import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withLayout } from '../../../src/configuration/encryption.js'
import type { EncryptionNote } from '../../../src/facts/encryption-note.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { PlainObject } from '../../../src/values/merge.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { decide, failure, result, untilState } from '../../support/conversation.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { present, standingOf } from '../../support/standings.js'
import { TemporalScene, type Follow } from '../../support/temporal-scene.js'

const temporal = TemporalScene.forFile()

const FILE = aCluster({ hosts: ['cp1', 'cp2', 'cp3', 'w1', 'lb1'].map((name) => aHost(name)) })

function encrypted(rotation: number): Cluster {
  const encryptionAtRest = { resources: ['secrets'], provider: 'secretbox', rotation } as const
  return { ...FILE, kubernetes: { ...FILE.kubernetes, encryptionAtRest } }
}

/** Longer than a worker may be silent. Then nobody asks for the outcome. */
const UNTIL_DEAD_MS = 13_000

/** A running cluster whose API servers have layouts, and whose etcd has values of one key. */
class Running {
  readonly hosts = fakeActivities()
  readonly layouts = new Map(['cp1', 'cp2', 'cp3'].map((name) => [name, '']))
  document: PlainObject = standingOf(FILE).configuration.document
  note: EncryptionNote | undefined
  writtenWith = 'identity'
  /** What went on, in order. */
  readonly way: string[] = []
  /** The next attempt there stops without a sign of life after it has acted. */
  dying = ''
  rejecting = ''

  apply(cluster: Cluster, follow: Follow<'apply', unknown>) {
    return temporal.run('apply', { cluster, hosts: this.hosts, activities: this.#activities() }, follow)
  }

  #activities() {
    const { activities } = this.hosts
    return {
      ...finishedCluster(FILE),
      readStanding: () => {
        const standing = standingOf(FILE)
        const configuration = { ...standing.configuration, document: this.document }
        const note = this.note === undefined ? {} : { encryptionNote: this.note }
        return Promise.resolve(present({ ...standing, configuration, ...note }))
      },
      configureLoadBalancer: (cluster: Cluster, host: Host, backends: readonly Host[]) => {
        this.way.push(`balance ${backends.map(({ name }) => name).join()}`)
        return activities.configureLoadBalancer(cluster, host, backends)
      },
      observeEncryption: (_: Cluster, { name }: Host) => Promise.resolve(this.layouts.get(name)),
      rollEncryption: async (
        _: Cluster,
        { name }: Host,
        how: { readonly layout: string; readonly target: string; readonly isFirst: boolean },
      ) => {
        if (this.rejecting === name) throw hopeless('CONFIGURATION_REJECTED', 'no such flag', name)
        if (how.isFirst) this.note = { layout: how.target, isChanging: true }
        const changed = this.layouts.get(name) !== how.layout
        this.layouts.set(name, how.layout)
        if (how.isFirst) this.document = withLayout(this.document, how.layout)
        if (changed) this.way.push(`${name} ${how.layout}`)
        if (this.dying === name) {
          this.dying = ''
          await setTimeout(UNTIL_DEAD_MS)
        }
        return { changed, summary: how.layout }
      },
      rewriteValues: (_: Cluster, __: Host, target: string) => {
        const [, writer = 'identity'] = /=([^+]+)/.exec(target) ?? []
        const changed = this.writtenWith !== writer
        this.writtenWith = writer
        if (changed) this.way.push(`rewrite with ${writer}`)
        return Promise.resolve({ changed, summary: 'values' })
      },
      settleEncryption: (_: Cluster, __: Host, layout: string) => {
        this.note = { layout, isChanging: false }
        return Promise.resolve({ changed: false, summary: 'noted' })
      },
    }
  }
}

const rolls = (layout: string) => ['cp1', 'cp2', 'cp3'].map((name) => `${name} ${layout}`)
const withoutBalancing = (way: readonly string[]) => way.filter((one) => !one.startsWith('balance'))

const ON = [
  ...rolls('secrets=identity+secretbox-1'),
  ...rolls('secrets=secretbox-1+identity'),
  'rewrite with secretbox-1',
]

describe('an apply that turns encryption at rest on', () => {
  it(
    'gives every control plane the key before any writes with it, out of the balancers, though a worker dies',
    { timeout: 240_000 },
    async () => {
      const cluster = new Running()
      cluster.dying = 'cp2'
      await cluster.apply(encrypted(1), result)
      expect(withoutBalancing(cluster.way)).toEqual(ON)
      const at = cluster.way.indexOf('cp2 secrets=identity+secretbox-1')
      expect(cluster.way.slice(at - 1, at + 2)).toEqual([
        'balance cp1,cp3',
        'cp2 secrets=identity+secretbox-1',
        'balance cp1,cp2,cp3',
      ])
      expect(cluster.note).toEqual({ layout: 'secrets=secretbox-1+identity', isChanging: false })

      const before = cluster.way.length
      await cluster.apply(encrypted(1), result)
      expect(withoutBalancing(cluster.way.slice(before))).toEqual([])

      await cluster.apply(FILE, result)
      expect(withoutBalancing(cluster.way.slice(before))).toEqual([
        ...rolls('secrets=identity+secretbox-1'),
        'rewrite with identity',
        ...rolls(''),
      ])
    },
  )

  it('goes on after it was aborted, with the key of the file then', { timeout: 240_000 }, async () => {
    const cluster = new Running()
    cluster.rejecting = 'cp3'
    await cluster.apply(encrypted(1), async (run) => {
      const { blocked } = await untilState(run, 'blocked')
      expect(blocked).toMatchObject([
        { step: 'encryption-at-rest/cp1', error: { code: 'CONFIGURATION_REJECTED', host: 'cp3' } },
      ])
      await decide(run, 'abort', { reason: 'later' })
      expect((await failure(run)).type).toBe('OPERATION_ABORTED')
    })
    expect(cluster.writtenWith).toBe('identity')
    cluster.rejecting = ''
    cluster.way.length = 0
    await cluster.apply(encrypted(2), result)
    expect(withoutBalancing(cluster.way)).toEqual([
      ...rolls('secrets=identity+secretbox-2+secretbox-1'),
      ...rolls('secrets=secretbox-2+identity+secretbox-1'),
      'rewrite with secretbox-2',
      ...rolls('secrets=secretbox-2+identity'),
    ])
  })
})
