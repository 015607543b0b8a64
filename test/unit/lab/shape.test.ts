/** The shape of a fleet: its hosts' names and addresses, and what is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  apiAddress,
  describeShape,
  hostsOf,
  shapeProblems,
  type FleetShape,
} from '../../../lab/fleet/shape.js'

const network = { subnet: '172.30.7' }
const usual: FleetShape = { name: 'lab', controlPlanes: 3, workers: 2, etcd: 0, loadBalancers: 1 }

describe('the hosts of a fleet', () => {
  it('are named after their role and number', () => {
    const names = hostsOf({ ...usual, etcd: 3 }, network).map((host) => host.name)
    expect(names).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'e1', 'e2', 'e3', 'lb1'])
  })

  it('keep their addresses when hosts of another role are added', () => {
    const before = hostsOf(usual, network).find((host) => host.name === 'w1')
    const after = hostsOf({ ...usual, controlPlanes: 5, etcd: 3 }, network).find((host) => host.name === 'w1')
    expect(after).toEqual(before)
  })

  it('have distinct addresses in the subnet, whatever the shape', () => {
    const shapes = fc.record({
      name: fc.constant('lab'),
      controlPlanes: fc.integer({ min: 1, max: 9 }),
      workers: fc.integer({ min: 0, max: 200 }),
      etcd: fc.integer({ min: 0, max: 9 }),
      loadBalancers: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(shapes, (shape) => {
        const last = hostsOf(shape, network).map((host) => Number(host.address.split('.')[3]))
        expect(shapeProblems(shape)).toEqual([])
        expect(new Set(last).size).toBe(last.length)
        expect(last.every((number) => number > 2 && number < 255)).toBe(true)
      }),
    )
  })
})

describe('the API endpoint', () => {
  it('is the first load balancer', () => {
    expect(apiAddress({ ...usual, loadBalancers: 2 }, network)).toBe('172.30.7.5')
  })

  it('is the first control plane when there is no load balancer', () => {
    expect(apiAddress({ ...usual, loadBalancers: 0 }, network)).toBe('172.30.7.11')
  })

  it('is the virtual address if there is one', () => {
    expect(apiAddress({ ...usual, virtualAddress: true }, network)).toBe('172.30.7.250')
  })
})

describe('a shape is rejected if it', () => {
  it.each(['', 'Lab', '1st', 'a_b', 'lab-', 'a'.repeat(33)])('has the name "%s"', (name) => {
    expect(shapeProblems({ ...usual, name })).toHaveLength(1)
  })

  it('has no control plane', () => {
    expect(shapeProblems({ ...usual, controlPlanes: 0 })).toEqual([
      '0 is no number of control-plane hosts: from 1 to 9',
    ])
  })

  it('has an invalid number, together with all other problems', () => {
    expect(shapeProblems({ ...usual, name: '?', workers: Number('x'), etcd: 1.5 })).toHaveLength(3)
  })
})

it('a shape is described without the roles that it lacks', () => {
  expect(describeShape(usual)).toBe('3 control-plane, 2 worker, 1 load-balancer')
})
