// Adds up vitest's JSON results and ends like them: the first argument is 1 when a command before failed otherwise.
import { existsSync, readFileSync } from 'node:fs'

const [, , failedBefore, ...files] = process.argv
let passed = 0
let failed = 0
for (const file of files) {
  if (!existsSync(file)) {
    failed += 1
    console.log(`no results: ${file}`)
    continue
  }
  const results = JSON.parse(readFileSync(file, 'utf8'))
  passed += results.numPassedTests
  failed += results.numFailedTests + results.testResults.filter(failedWithoutTest).length
  results.testResults.forEach(report)
}
if (failedBefore !== '0' && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** A file that could not be read, or whose set-up failed: no test of its own tells. */
function failedWithoutTest({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}

/** Names what failed where the end of a long log shows it, with the first lines of the reason. */
function report(file) {
  const said = (text) => (text ?? '').split('\n').slice(0, 12).join('\n    ')
  if (failedWithoutTest(file)) console.log(`FAILED ${file.name}\n    ${said(file.message)}`)
  for (const test of file.assertionResults.filter(({ status }) => status === 'failed')) {
    console.log(`FAILED ${file.name} › ${test.fullName}\n    ${said(test.failureMessages[0])}`)
  }
}
