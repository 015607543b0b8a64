import { describe, expect, it } from 'vitest'
import { fieldAt } from '../../../src/cluster-file/field-words.js'

describe('a field of the cluster file in words', () => {
  it('has its meaning, type, default and example', () => {
    expect(fieldAt('spec.kubernetes.networking.podSubnet')).toMatchObject({
      path: 'spec.kubernetes.networking.podSubnet',
      description: expect.stringContaining('Addresses of pods') as string,
      type: 'text',
      default: '`10.244.0.0/16`',
      isNeeded: false,
      fields: [],
    })
  })

  it('is found within a list, with or without brackets', () => {
    for (const path of ['spec.hosts[].address', 'spec.hosts.address', 'spec.hosts[2].address'])
      expect(fieldAt(path)).toMatchObject({ path: 'spec.hosts[].address', isNeeded: true })
    expect(fieldAt('spec.hosts.ssh.port')?.path).toBe('spec.hosts[].ssh.port')
  })

  it('names the fields below it', () => {
    expect(fieldAt('spec.loadBalancer')?.fields).toContain('virtualAddress')
  })

  it('is not there under another name', () => {
    expect(fieldAt('spec.hosts.adress')).toBeUndefined()
    expect(fieldAt('toString')).toBeUndefined()
  })
})
