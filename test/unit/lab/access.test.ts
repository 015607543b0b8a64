import ssh2 from 'ssh2'
import { expect, it } from 'vitest'
import { newKeyPair } from '../../../lab/fleet/access.js'

it('makes no SSH key that cannot be read back', () => {
  const errors = Array.from({ length: 2_000 }, () => ssh2.utils.parseKey(newKeyPair('lab').private)).filter(
    (parsed) => parsed instanceof Error,
  )
  expect(errors).toEqual([])
})
