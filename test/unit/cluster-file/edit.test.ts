import { describe, expect, it } from 'vitest'
import { withoutHosts } from '../../../src/cluster-file/edit.js'

const FILE = `# Our cluster.
metadata: { name: prod }
spec:
  loadBalancer:
    hosts: [lb1, lb2] # both in rack 1
  hosts:
    # Control planes
    - name: cp1
      role: control-plane
      address: 10.0.0.11 # rack 1

    - name: cp2 # the spare one
      role: control-plane
      # Its own key.
      ssh:
        identityFile: ~/.ssh/cp2

    # Workers
    - { name: w1, role: worker, address: 10.0.0.21 }
    - name: w2
      role: worker
      address: 10.0.0.22
    # The end.
  packages: { install: true }
`

function edited(text: string, ...names: readonly string[]): string {
  const edit = withoutHosts(text, names)
  if (edit.kind !== 'edited') throw new Error(`the text was not edited: ${JSON.stringify(edit)}`)
  return edit.text
}

describe('taking hosts out of a cluster file', () => {
  it('takes the lines of the host, and leaves every other line as it is', () => {
    const lines = FILE.split('\n')
    const cp2 = lines.findIndex((line) => line.includes('cp2'))
    expect(edited(FILE, 'cp2').split('\n')).toEqual([...lines.slice(0, cp2), ...lines.slice(cp2 + 5)])
  })

  it('keeps the comments between hosts', () => {
    const text = edited(FILE, 'cp1', 'cp2', 'w2')
    for (const comment of [
      '# Our cluster.',
      '# both in rack 1',
      '# Control planes',
      '# Workers',
      '# The end.',
    ])
      expect(text).toContain(comment)
  })

  it('takes a host that is written on one line', () => {
    expect(edited(FILE, 'w1')).not.toContain('w1')
  })

  it('takes the last host, and not what follows the list', () => {
    expect(edited(FILE, 'w2')).toContain('    # The end.\n  packages: { install: true }\n')
  })

  it('takes a balancer from the list of balancers, too', () => {
    const text = `${FILE.replace('    # The end.', '    - name: lb2\n      role: load-balancer\n    - name: lb1\n      role: load-balancer')}`
    expect(edited(text, 'lb2')).toContain('hosts: [lb1] # both in rack 1')
    expect(edited(text, 'lb1')).toContain('hosts: [lb2] # both in rack 1')
  })

  it('works for Windows line ends', () => {
    const text = FILE.replaceAll('\n', '\r\n')
    expect(edited(text, 'w2')).toBe(edited(FILE, 'w2').replaceAll('\n', '\r\n'))
  })

  it.each([
    ['in one line', 'spec: { hosts: [{ name: a }, { name: b }, { name: c }] }\n'],
    [
      'with a host on each line',
      'spec:\n  hosts: [\n    { name: a }, # A\n    { name: b },\n    { name: c }\n  ]\n',
    ],
  ])('works for a list in braces, %s', (_, text) => {
    for (const name of ['a', 'b', 'c']) {
      expect(edited(text, name)).not.toMatch(new RegExp(`name: ${name}\\b`))
    }
  })

  it('works for a list that is not indented', () => {
    expect(edited('spec:\n  hosts:\n  - name: a\n    role: worker\n  - name: b\n', 'a')).toBe(
      'spec:\n  hosts:\n  - name: b\n',
    )
  })

  it('keeps the lines of a text block apart from comments', () => {
    const text =
      'spec:\n  hosts:\n    - name: a\n      note: |\n        # no comment\n\n        end\n    - name: b\n'
    expect(edited(text, 'a')).toBe('spec:\n  hosts:\n    - name: b\n')
  })

  it('takes a host that is made from the anchor of another one', () => {
    const text = 'spec:\n  hosts:\n    - &base { name: a, role: worker }\n    - { <<: *base, name: b }\n'
    expect(edited(text, 'b')).toBe('spec:\n  hosts:\n    - &base { name: a, role: worker }\n')
  })

  it('leaves a host alone that others are made from', () => {
    const text =
      'spec:\n  hosts:\n    - &base\n      name: a\n      role: worker\n    - { <<: *base, name: b }\n'
    expect(withoutHosts(text, ['a'])).toMatchObject({ kind: 'by-hand' })
  })

  it('says which hosts it took', () => {
    expect(withoutHosts(FILE, ['w1', 'w9', 'cp1'])).toMatchObject({ removed: ['w1', 'cp1'] })
  })

  it('changes nothing if the file has none of them', () => {
    expect(withoutHosts(FILE, ['w9'])).toEqual({ kind: 'unchanged' })
  })
})
