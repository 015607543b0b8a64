import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writersOf, layoutName, type Layout } from '../../../../src/cluster/encryption-layout.js'
import { nextStage } from '../../../../src/planning/encryption/stages.js'

const ON: Layout = { secrets: ['secretbox-1', 'identity'] }
const ROTATED: Layout = { secrets: ['secretbox-2', 'identity'] }

/** The stages of a cluster in which every stage is completed, as words. */
function wayTo(target: Layout, from: Layout, hosts = 3): readonly string[] {
  const cluster = new Cluster(hosts, from)
  const way: string[] = []
  for (let isRewritten = false; ;) {
    const stage = nextStage(cluster.layouts, target, isRewritten)
    if (stage.kind === 'done') return way
    way.push(stage.kind === 'roll' ? layoutName(stage.layout) || 'nothing' : stage.kind)
    if (stage.kind === 'rewrite') {
      for (const resource of RESOURCES) cluster.rewrite(resource, 0)
      isRewritten = true
    } else cluster.layouts.forEach((_, index) => cluster.restart(index, stage.layout))
    if (way.length > 10) throw new Error(`it never ends: ${way.join(' → ')}`)
  }
}

/** API servers that read and write etcd; every value knows who wrote it. */
class Cluster {
  readonly layouts: Layout[]
  /** What a control plane that joins gets: the layout that the first one has accepted last. */
  kept: Layout
  readonly written = new Map<string, Set<string>>()

  constructor(hosts: number, layout: Layout) {
    this.layouts = Array.from({ length: hosts }, () => layout)
    this.kept = layout
    for (const resource of RESOURCES) this.write(resource, 0)
  }

  restart(host: number, layout: Layout): void {
    this.layouts[host] = layout
    if (host === 0) this.kept = layout
    this.check()
  }

  join(): void {
    this.layouts.push(this.kept)
    this.check()
  }

  write(resource: string, host: number): void {
    const [writer = ''] = writersOf(this.layouts[host] ?? {}, resource)
    this.written.set(resource, (this.written.get(resource) ?? new Set()).add(writer))
  }

  rewrite(resource: string, host: number): void {
    this.written.delete(resource)
    this.write(resource, host)
  }

  /** Every API server reads what is in etcd, and what any of them may write at this moment. */
  check(): void {
    for (const resource of RESOURCES) {
      const writers = this.layouts.map((layout) => writersOf(layout, resource)[0])
      for (const layout of this.layouts) {
        const readers = writersOf(layout, resource)
        for (const writer of [...writers, ...(this.written.get(resource) ?? [])]) {
          if (readers.includes(writer ?? '')) continue
          throw new Error(`${resource} by ${writer} is not read by ${layoutName(layout)}`)
        }
      }
    }
  }
}

const RESOURCES = ['configmaps', 'secrets']

/** Goes towards a target until the given number of steps is over, as an operation that is killed. Returns whether it ended. */
function operate(cluster: Cluster, target: Layout, steps: number, at: number): boolean {
  let left = steps
  let isRewritten = false
  while (left > 0) {
    const stage = nextStage(cluster.layouts, target, isRewritten)
    if (stage.kind === 'done') return true
    if (stage.kind === 'rewrite') {
      for (const resource of RESOURCES) {
        if (left-- <= 0) return false
        cluster.rewrite(resource, at % cluster.layouts.length)
      }
      isRewritten = true
      continue
    }
    for (let host = 0; host < cluster.layouts.length; host += 1) {
      if (left-- <= 0) return false
      cluster.restart(host, stage.layout)
      cluster.write(RESOURCES[(host + at) % 2] ?? '', (host + at) % cluster.layouts.length)
    }
  }
  return false
}

describe('the way to another layout', () => {
  it('begins with a key that everybody can read, when encryption is turned on', () => {
    expect(wayTo(ON, {})).toEqual(['secrets=identity+secretbox-1', 'secrets=secretbox-1+identity', 'rewrite'])
  })

  it('ends with one key, when it is rotated', () => {
    expect(wayTo(ROTATED, ON)).toEqual([
      'secrets=secretbox-1+secretbox-2+identity',
      'secrets=secretbox-2+secretbox-1+identity',
      'rewrite',
      'secrets=secretbox-2+identity',
    ])
  })

  it('ends without a key, when encryption is turned off', () => {
    expect(wayTo({}, ON)).toEqual(['secrets=identity+secretbox-1', 'rewrite', 'nothing'])
  })

  it('leaves the resources alone that are encrypted already', () => {
    expect(wayTo({ ...ON, configmaps: ['secretbox-1', 'identity'] }, ON)).toEqual([
      'configmaps=identity+secretbox-1,secrets=secretbox-1+identity',
      'configmaps+secrets=secretbox-1+identity',
      'rewrite',
    ])
  })

  it('looks at what is in etcd once, when nothing else is to be done', () => {
    expect(wayTo(ON, ON)).toEqual(['rewrite'])
  })
})

describe('API servers', () => {
  const list = fc.constantFrom([], ['secretbox-1'], ['secretbox-2'], ['aescbc-1'])
  const targets = fc.record({ configmaps: list, secrets: list }).map((keys): Layout =>
    Object.fromEntries(
      Object.entries(keys)
        .filter(([, names]) => names.length > 0)
        .map(([resource, names]) => [resource, [...names, 'identity']]),
    ),
  )
  const cutOff = fc.record({ target: targets, steps: fc.nat(14), at: fc.nat(6), joins: fc.boolean() })

  it('always read what any of them writes, wherever operations are cut off, and always get there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(cutOff, { maxLength: 6 }),
        targets,
        (hosts, cut, last) => {
          const cluster = new Cluster(hosts, {})
          for (const { target, steps, at, joins } of cut) {
            operate(cluster, target, steps, at)
            if (joins) cluster.join()
          }
          expect(operate(cluster, last, 1_000, 0)).toBe(true)
          for (const resource of RESOURCES) {
            const [writer] = writersOf(last, resource)
            expect([...(cluster.written.get(resource) ?? [])]).toEqual([writer])
          }
          expect(new Set(cluster.layouts.map(layoutName))).toEqual(new Set([layoutName(last)]))
        },
      ),
      { numRuns: 500 },
    )
  })
})
