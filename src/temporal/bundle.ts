/** The workflow bundle: prebuilt by `npm run build`, or built in memory when Quorate runs from its sources. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker'
import { QuorateError } from '../errors/index.js'
import { RUNS_FROM_SOURCES } from './installation.js'

/** `dist/workflow-bundle.js`; only meaningful in the build. */
export const BUNDLE_PATH = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url))

const WORKFLOWS_PATH = fileURLToPath(
  new URL(RUNS_FROM_SOURCES ? '../workflows/index.ts' : '../workflows/index.js', import.meta.url),
)

/**
 * The guards for sealed runs. Every bundle has them; a worker that accepts only sealed payloads activates them
 * (seal/worker.ts).
 */
const GUARD_PATH = fileURLToPath(
  new URL(
    RUNS_FROM_SOURCES ? '../workflows/run/seal-guard.ts' : '../workflows/run/seal-guard.js',
    import.meta.url,
  ),
)

/** The code of all workflows, self-contained. */
export async function buildWorkflowBundle(workflowsPath = WORKFLOWS_PATH): Promise<{ code: string }> {
  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} }
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [GUARD_PATH],
    logger: quiet,
  })
}

/** What a worker loads. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  if (RUNS_FROM_SOURCES) return buildWorkflowBundle()
  if (!existsSync(BUNDLE_PATH)) {
    throw new QuorateError('INTERNAL', `the workflow bundle ${BUNDLE_PATH} is missing`, {
      hint: 'build it with `npm run build`',
    })
  }
  return { codePath: BUNDLE_PATH }
}
