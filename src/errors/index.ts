/** The family of errors and its registry; imports nothing, every room may import it. */
export { hintWhenParked } from './parked.js'
export { plainLine, plainText } from './plain-text.js'
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
