/** The usual end of a command. */
import { expect } from 'vitest'
import type { Ended } from './process.js'

/** The command has succeeded; otherwise what it said is shown. */
export function expectDone(ended: Ended): Ended {
  expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
  return ended
}
