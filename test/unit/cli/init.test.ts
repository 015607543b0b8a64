import { describe, expect, it } from 'vitest'
import { answersFromOptions, parseHosts } from '../../../src/cli/init/answers.js'

const FLAGS = { output: '-', name: 'prod', controlPlane: ['cp1=10.0.0.11'] }

describe('the flags of init', () => {
  it('make answers, with defaults for what is not said', () => {
    const answers = answersFromOptions({
      ...FLAGS,
      endpoint: 'api.lab:6443',
      worker: ['w1=10.0.0.21,w2=10.0.0.22'],
    })
    expect(answers).toMatchObject({
      name: 'prod',
      controlPlaneEndpoint: 'api.lab:6443',
      ssh: { user: 'root' },
      hosts: [
        { name: 'cp1', role: 'control-plane', address: '10.0.0.11' },
        { name: 'w1', role: 'worker', address: '10.0.0.21' },
        { name: 'w2', role: 'worker', address: '10.0.0.22' },
      ],
    })
    expect(answers.version).toMatch(/^stable-1\.\d+$/)
  })

  it('take the only load balancer as the endpoint', () => {
    expect(answersFromOptions({ ...FLAGS, loadBalancer: ['lb1=10.0.0.5'] }).controlPlaneEndpoint).toBe(
      '10.0.0.5:6443',
    )
  })

  it('that are missing are named, all of them', () => {
    expect(() => answersFromOptions({ output: '-' })).toThrow(/--name, --endpoint, --control-plane missing/)
  })
})

describe('hosts on the command line', () => {
  it.each(['cp1', '=10.0.0.1', 'cp1=', 'a=b=c'])('refuse %s', (text) => {
    expect(() => parseHosts('worker', [text])).toThrow(`"${text}" is not name=address`)
  })
})
