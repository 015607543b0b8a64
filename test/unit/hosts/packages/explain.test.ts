import { describe, expect, it } from 'vitest'
import { apt } from '../../../../src/hosts/packages/apt.js'
import { dnf } from '../../../../src/hosts/packages/dnf.js'
import { INSTALL_STATUS } from '../../../../src/hosts/packages/install-script.js'

describe.each([
  ['apt', apt],
  ['dnf', dnf],
])('%s explains', (_, { explain }) => {
  it('which packages no repository has', () => {
    const output = 'Get:1 InRelease\nno repository has kubeadm 1.36.3-*, kubectl 1.36.3-*\n'
    expect(explain(INSTALL_STATUS.lacking, output)).toEqual({
      kind: 'lacking',
      names: 'kubeadm 1.36.3-*, kubectl 1.36.3-*',
    })
  })

  it('nothing of an output that quotes those words but ends otherwise', () => {
    expect(explain(1, 'no repository has kubeadm\n')).toBeUndefined()
  })

  it('nothing of an output whose end is missing', () => {
    expect(explain(INSTALL_STATUS.lacking, 'Get:1 InRelease\n')).toBeUndefined()
  })
})
