/** Script of `npm run build`: writes the workflow bundle beside the compiled sources. */
import { writeFileSync } from 'node:fs'
import { buildWorkflowBundle, BUNDLE_PATH } from './bundle.js'

const { code } = await buildWorkflowBundle()
writeFileSync(BUNDLE_PATH, code)
process.stdout.write(`${BUNDLE_PATH}: ${(code.length / 1024).toFixed(0)} KiB\n`)
