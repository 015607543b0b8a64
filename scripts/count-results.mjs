// Adds up vitest's JSON results and ends like them: the first argument is 1 when a command before failed otherwise.
import { existsSync, readFileSync } from 'node:fs'

const [, , failedBefore, ...files] = process.argv
let passed = 0
let failed = 0
for (const file of files) {
  if (!existsSync(file)) {
    failed += 1
    continue
  }
  const results = JSON.parse(readFileSync(file, 'utf8'))
  passed += results.numPassedTests
  failed += results.numFailedTests + results.testResults.filter(failedWithoutTest).length
}
if (failedBefore !== '0' && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** A file that could not be read, or whose set-up failed: no test of its own tells. */
function failedWithoutTest({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}
