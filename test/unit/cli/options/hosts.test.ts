import { describe, expect, it } from 'vitest'
import { splitAtDashes } from '../../../../src/cli/options/after-dashes.js'
import { chosenHosts } from '../../../../src/cli/options/hosts.js'
import { aCluster } from '../../../support/clusters.js'

const names = (options: Parameters<typeof chosenHosts>[1]) =>
  chosenHosts(aCluster(), options).map(({ name }) => name)

describe('the hosts that a command is about', () => {
  it('are named, or all of a role, or all, in the order of the cluster file', () => {
    expect(names({ host: ['w1', 'cp1'] })).toEqual(['cp1', 'w1'])
    expect(names({ role: ['worker'] }).every((name) => name.startsWith('w'))).toBe(true)
    expect(names({ all: true })).toEqual(aCluster().hosts.map(({ name }) => name))
  })

  it('must be in the cluster', () => {
    expect(() => names({ host: ['cp9'] })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining('has no host cp9') as string,
      }),
    )
  })

  it('are never guessed', () => {
    expect(() => names({})).toThrow(expect.objectContaining({ code: 'USAGE', message: 'on which hosts?' }))
  })
})

describe('a command line with --', () => {
  const split = (...argv: readonly string[]) =>
    splitAtDashes(
      argv.filter((word) => word !== '--'),
      ['node', 'quorate', 'exec', ...argv],
      'quorate exec -- ls',
    )

  it('has the name of a cluster before it, or nothing, and the command after it', () => {
    expect(split('prod', '--', 'ls', '-la')).toEqual({ first: 'prod', after: ['ls', '-la'] })
    expect(split('--', 'ls')).toEqual({ first: undefined, after: ['ls'] })
  })

  it.each([[['prod', 'ls']], [['prod']], [['prod', 'other', '--', 'ls']], [[]]])(
    'says where the command belongs: %j',
    (argv) => {
      expect(() => split(...argv)).toThrow(
        expect.objectContaining({ code: 'USAGE', hint: 'e.g. `quorate exec -- ls`' }),
      )
    },
  )
})
