/** The error class and its registry. It imports only `values`, so every other room may import it. */
export { hintWhenParked } from './parked.js'
export { ERRORS, type ErrorCode } from './registry.js'
export {
  QuorateError,
  isErrorCode,
  isErrorReport,
  isQuorateError,
  reportError,
  type ErrorContext,
  type ErrorReport,
} from './quorate-error.js'
