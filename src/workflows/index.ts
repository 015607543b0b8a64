/** Every workflow that a worker runs. Their names are in operations/registry.ts. */
export { adoptCluster } from './adopt/adopt.js'
export { applyCluster } from './apply/apply.js'
export { planCluster } from './plan.js'
export { removeHosts } from './remove/remove.js'
export { renewCertificates } from './renew/renew.js'
export { replaceHost } from './replace/replace.js'
export { resetHosts } from './reset/reset.js'
export { upgradeCluster } from './upgrade/upgrade.js'
