/** The SSH room's door: what activities use to run commands, units and file transfers on hosts. */
export { askAtTerminal } from './ask-at-terminal.js'
export { command, quote, script, type Command } from './command.js'
export { expectSuccess, lastLines } from './expect.js'
export { fenced, type Fence } from './fence.js'
export { expectPrograms } from './missing-program.js'
export { createSessionPool, type SessionPoolOptions } from './pool.js'
export { Secrets, type AskSecret } from './secrets.js'
export type { CommandResult, FileAttributes, RunOptions, Session, SessionPool } from './session.js'
export {
  acknowledgeUnit,
  runUnit,
  runningUnits,
  stopUnit,
  unitState,
  waitForUnit,
  type UnitIdentity,
  type UnitOptions,
  type UnitOutcome,
  type UnitState,
} from './unit.js'
