import { describe, expect, it } from 'vitest'
import { answersFromOptions, parseHosts } from '../../../../src/cli/init/answers.js'
import { problemOf, type Question } from '../../../../src/cli/init/check.js'

const FLAGS = { output: '-', name: 'prod', controlPlane: ['cp1=10.0.0.11'] }

describe('the flags of init', () => {
  it('become answers, with defaults for what they omit', () => {
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

  it('make the only load balancer the endpoint', () => {
    expect(answersFromOptions({ ...FLAGS, loadBalancer: ['lb1=10.0.0.5'] }).controlPlaneEndpoint).toBe(
      '10.0.0.5:6443',
    )
  })

  it('are all named if they are missing', () => {
    expect(() => answersFromOptions({ output: '-' })).toThrow(/--name, --endpoint, --control-plane missing/)
  })
})

describe('hosts on the command line', () => {
  it.each(['cp1', '=10.0.0.1', 'cp1=', 'a=b=c'])('are rejected if malformed: %s', (text) => {
    expect(() => parseHosts('worker', [text])).toThrow(`"${text}" is not in the form name=address`)
  })
})

describe('an answer to init', () => {
  const THREE = ['cp1=10.0.0.11, cp2=10.0.0.12 cp3=10.0.0.13']
  const before = { name: 'prod', controlPlane: THREE }
  it.each<[Question, string | readonly string[]]>([
    ['name', 'prod'],
    ['controlPlane', THREE],
    ['controlPlane', ['cp1=cp1.lab cp2=cp2.lab cp3=cp3.lab']],
    ['worker', ['w1=10.0.0.21 w2=10.0.0.22']],
    ['loadBalancer', ['lb1=10.0.0.5']],
    ['endpoint', 'api.prod.lab:6443'],
    ['user', 'ops'],
    ['identityFile', '~/.ssh/id_ed25519'],
    ['kubernetesVersion', 'v1.36.3'],
  ])('is accepted if valid: %s %s', (question, answer) => {
    expect(problemOf(question, answer, question === 'controlPlane' ? {} : before)).toBeUndefined()
  })

  it.each<[Question, string | readonly string[], RegExp]>([
    ['name', 'My_Cluster', /My_Cluster/],
    ['controlPlane', ['cp1'], /"cp1" is not in the form name=address/],
    ['controlPlane', ['CP_1=10.0.0.11'], /CP_1/],
    ['worker', ['cp1=10.0.0.21'], /cp1/],
    ['worker', ['w1=10.0.0.11'], /10\.0\.0\.11/],
    ['loadBalancer', ['lb1=10.0.0.300'], /10\.0\.0\.300/],
    ['endpoint', '172.30.1.5:6443api.prod.test:6443', /172\.30\.1\.5:6443api/],
    ['user', 'root ops', /root ops/],
    ['kubernetesVersion', '1.2', /1\.2/],
  ])('is rejected at once if invalid: %s %s', (question, answer, told) => {
    expect(problemOf(question, answer, question === 'controlPlane' ? {} : before)).toMatch(told)
  })
})
