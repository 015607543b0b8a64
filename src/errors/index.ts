/** The error class and its registry. It imports nothing from other rooms, so every room may import it. */
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
