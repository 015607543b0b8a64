/** The version of this release, for whoever must not load more than that. */
export { VERSION } from '../temporal/installation.js'
