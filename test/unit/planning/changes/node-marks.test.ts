import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  markActions,
  markedTaints,
  nodeMarks,
  parseNote,
  taintId,
  type MarkedNode,
} from '../../../../src/planning/changes/node-marks.js'
import type { Host, Taint } from '../../../../src/cluster/model.js'
import { MARKS_ANNOTATIONS } from '../../../../src/facts/standing.js'
import { aHost } from '../../../support/clusters.js'
import { defined } from '../../../../src/values/defined.js'

const CONTROL_PLANE: Taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
const GPU: Taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' }
const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
const NOTHING: MarkedNode = { labels: {}, taints: [], managed: { labels: [], taints: [] } }

/** The node once its marks are set, as the API server would have it. */
function marked(host: Host, node: MarkedNode): MarkedNode {
  const marks = nodeMarks(host, node)
  const { labelsToSet, labelsToRemove, annotations } = marks
  const note = (name: string, before: readonly string[]) =>
    name in annotations ? parseNote(annotations[name] ?? undefined) : before
  const labels = Object.entries({ ...node.labels, ...labelsToSet }).filter(
    ([key]) => !labelsToRemove.includes(key),
  )
  return {
    labels: Object.fromEntries(labels),
    taints: markedTaints(node.taints, marks),
    managed: {
      labels: note(MARKS_ANNOTATIONS.labels, node.managed.labels),
      taints: note(MARKS_ANNOTATIONS.taints, node.managed.taints),
    },
  }
}

const key = fc.constantFrom('disk', 'gpu', 'example.com/team', 'constructor', CONTROL_PLANE.key, CORDON.key)
const value = fc.constantFrom('', 'a', 'b')
const labels = fc.dictionary(key, value)
const taint: fc.Arbitrary<Taint> = fc.record(
  { key, value, effect: fc.constantFrom('NoSchedule', 'NoExecute', 'PreferNoSchedule') },
  { requiredKeys: ['key', 'effect'] },
)
const taints = fc.uniqueArray(taint, { selector: taintId })
const hosts = fc
  .record(
    { name: fc.constantFrom('cp1', 'w1'), labels, taints: fc.option(taints, { nil: undefined }) },
    { requiredKeys: ['name', 'labels'] },
  )
  .map(({ name, labels: wanted, taints: tainted }) =>
    aHost(name, { labels: wanted, ...defined({ taints: tainted }) }),
  )
const nodes: fc.Arbitrary<MarkedNode> = fc.record({
  labels,
  taints,
  managed: fc.record({
    labels: fc.uniqueArray(key).map((keys) => keys.sort()),
    taints: taints.map((noted) => noted.map(taintId).sort()),
  }),
})

describe('the labels and taints of a node', () => {
  it('are set, and recorded as set by Quorate', () => {
    const host = aHost('w1', { labels: { b: '2', a: '1' }, taints: [GPU] })
    expect(nodeMarks(host, NOTHING)).toEqual({
      labelsToSet: { b: '2', a: '1' },
      labelsToRemove: [],
      taintsToSet: [GPU],
      taintsToRemove: [],
      annotations: { 'quorate.dev/labels': 'a,b', 'quorate.dev/taints': 'gpu:NoSchedule' },
    })
  })

  it('are changed, with a taint replaced if it has the same key and effect', () => {
    const node = { ...NOTHING, labels: { disk: 'hdd' }, taints: [CORDON, { ...GPU, value: 'no' }] }
    const host = aHost('w1', { labels: { disk: 'ssd' }, taints: [GPU] })
    expect(markActions(nodeMarks(host, node))).toEqual([
      'set the label disk=ssd',
      'set the taint gpu=yes:NoSchedule',
    ])
    expect(marked(host, node).taints).toEqual([CORDON, GPU])
  })

  it('are removed when they leave the file', () => {
    const had = marked(aHost('w1', { labels: { disk: 'ssd' }, taints: [GPU] }), {
      ...NOTHING,
      labels: { own: 'x' },
      taints: [CORDON],
    })
    expect(markActions(nodeMarks(aHost('w1'), had))).toEqual([
      'remove the label disk',
      'remove the taint gpu:NoSchedule',
    ])
    expect(marked(aHost('w1'), had)).toEqual({ ...NOTHING, labels: { own: 'x' }, taints: [CORDON] })
  })

  it('stay if somebody else has set them', () => {
    const node = { ...NOTHING, labels: { disk: 'ssd' }, taints: [GPU] }
    expect(markActions(nodeMarks(aHost('w1'), node))).toEqual([])
  })

  it('are recorded without a change on a cluster that predates the record', () => {
    const host = aHost('w1', { labels: { disk: 'ssd' } })
    const marks = nodeMarks(host, { ...NOTHING, labels: { disk: 'ssd' } })
    expect(markActions(marks)).toEqual([])
    expect(marks.annotations).toEqual({ 'quorate.dev/labels': 'disk' })
  })

  it("include kubeadm's own taint on a control plane unless the file lists taints", () => {
    const node = { ...NOTHING, taints: [CONTROL_PLANE, CORDON] }
    expect(markActions(nodeMarks(aHost('cp1'), node))).toEqual([])
    expect(marked(aHost('cp1', { taints: [] }), node).taints).toEqual([CORDON])
    expect(marked(aHost('cp1', { taints: [GPU] }), node).taints).toEqual([CORDON, GPU])
    const noted = { ...node, managed: { labels: [], taints: ['gpu:NoSchedule', taintId(CONTROL_PLANE)] } }
    expect(marked(aHost('cp1'), noted).taints).toEqual([CONTROL_PLANE, CORDON])
  })

  it('match the file after one change, which removes only recorded ones', () => {
    fc.assert(
      fc.property(hosts, nodes, (host, node) => {
        const after = marked(host, node)
        expect(nodeMarks(host, after)).toEqual({
          labelsToSet: {},
          labelsToRemove: [],
          taintsToSet: [],
          taintsToRemove: [],
          annotations: {},
        })
        expect(after.labels).toMatchObject(host.labels)
        for (const wanted of host.taints ?? []) {
          const there = after.taints.filter((one) => taintId(one) === taintId(wanted))
          expect(there.map((one) => one.value ?? '')).toEqual([wanted.value ?? ''])
        }
        const lost = Object.keys(node.labels).filter((label) => !Object.hasOwn(after.labels, label))
        expect(node.managed.labels).toEqual(expect.arrayContaining(lost))
        const kubeadms = /^node-role\.kubernetes\.io\/(control-plane|master):NoSchedule$/
        const ids = after.taints.map(taintId)
        for (const id of node.taints.map(taintId).filter((one) => !ids.includes(one))) {
          const isOwn = host.role === 'control-plane' && host.taints !== undefined && kubeadms.test(id)
          expect(isOwn || node.managed.taints.includes(id)).toBe(true)
        }
      }),
    )
  })
})
