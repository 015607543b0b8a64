import { describe, expect, it } from 'vitest'
import { notReplaced } from '../../../src/activities/encryption/rewrite.js'
import { readRefusal } from '../../../src/hosts/kubernetes/api/refusal.js'

describe('an object that cannot be written again', () => {
  it('is named without its value, which the API server quotes', () => {
    const body = JSON.stringify({
      kind: 'Status',
      reason: 'Invalid',
      message: 'Tokens.example.com "one" is invalid: spec.token: Invalid value: "hunter2": must be longer',
    })
    const message = notReplaced('/apis/example.com/v1/tokens/one', readRefusal(422, body))
    expect(message).toContain('/apis/example.com/v1/tokens/one by itself (HTTP 422, Invalid)')
    expect(message).not.toContain('hunter2')
  })
})
