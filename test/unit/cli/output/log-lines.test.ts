import { expect, it } from 'vitest'
import { formatLogLine } from '../../../../src/cli/output/logs.js'

it.each(['{"level":{"toString":null},"msg":"m"}', '{"msg":"m","err":{"message":{"toString":null}}}'])(
  'prints a log line whose fields cannot be made text: %s',
  (line) => {
    expect(formatLogLine('worker', line)).toContain(' m')
  },
)
