/** Every workflow that a worker runs. Their names are in operations/registry.ts. */
export { adoptCluster } from './adopt/adopt.js'
export { applyCluster } from './apply.js'
export { planCluster } from './plan.js'
export { removeHosts } from './remove.js'
export { replaceHost } from './replace.js'
export { resetHosts } from './reset.js'
export { upgradeCluster } from './upgrade.js'
