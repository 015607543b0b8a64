/** The SSH room's door: what activities use to run commands, units and file transfers on hosts. */
export { askAtTerminal } from './connect/ask-at-terminal.js'
export { BASH } from './run/bash.js'
export { command, quote, script, type Command } from './run/command.js'
export { expectSuccess, failureIn, lastLines } from './run/expect.js'
export { fenced, type Fence } from './run/fence.js'
export { expectPrograms } from './run/missing-program.js'
export { agentKeys, readIdentity } from './connect/identities.js'
export type { UnknownKey } from './connect/host-key.js'
export { openSshConfig } from './connect/openssh-config.js'
export { Gate } from './connect/gate.js'
export { createSessionPool, type SessionPoolOptions } from './connect/pool.js'
export { Secrets, type AskSecret } from './connect/secrets.js'
export { HostStream } from './run/host-stream.js'
export type {
  CommandResult,
  FileAttributes,
  RunOptions,
  Session,
  SessionPool,
  StreamOpening,
} from './session.js'
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
} from './units/unit.js'
