/** The family of errors and its registry; imports nothing, every room may import it. */
export { hintWhenParked } from './parked.js'
export { PLAIN_TEXT_LIMIT, plainLine, plainText } from './plain-text.js'
export { ERRORS, type ErrorCode, type ErrorSource, type Remedy } from './registry.js'
export {
  QuorateError,
  isErrorCode,
  isErrorReport,
  isQuorateError,
  reportError,
  type ErrorContext,
  type ErrorReport,
} from './quorate-error.js'
