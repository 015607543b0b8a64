/** Every workflow that a worker runs. Their names are in WORKFLOWS (operations/contract.ts). */
export { applyCluster } from './apply.js'
export { planCluster } from './plan.js'
