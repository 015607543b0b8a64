/** What every command gets besides its own arguments: the global options, and where output goes. */
import type { TemporalOptions } from '../client.js'
import type { ColourChoice } from './abilities.js'
import { processIo, type Io } from './io.js'
import { defined } from '../values/defined.js'

/** Options that every command takes, as commander gives them. */
interface GlobalOptions {
  readonly file?: string
  readonly json?: boolean
  readonly verbose?: boolean
  /** False with `--no-color`. */
  readonly color?: ColourChoice | false
  readonly address?: string
  readonly namespace?: string
  readonly profile?: string
}

/** A command's surroundings. */
export interface Context {
  readonly io: Io
  readonly json: boolean
  readonly verbose: boolean
  /** The cluster file as named with `-f`; undefined means {@link DEFAULT_FILE}, if there is one. */
  readonly file: string | undefined
  readonly temporal: TemporalOptions
}

/** The variable that names the cluster file for commands without `-f`. */
export const FILE_VARIABLE = 'QUORATE_FILE'

/** The cluster file that is used when none is named. */
export const DEFAULT_FILE = process.env[FILE_VARIABLE] || 'cluster.yaml'

/** Builds the surroundings of a command from the global options, wherever they are on the command line. */
export function contextOf(command: { optsWithGlobals(): object }): Context {
  const options = command.optsWithGlobals() as GlobalOptions
  const { address, namespace, profile } = options
  return {
    io: processIo({ colour: options.color === false ? 'never' : (options.color ?? 'auto') }),
    json: options.json === true,
    verbose: options.verbose === true,
    file: options.file,
    temporal: {
      ...defined({ address, namespace, profile }),
    },
  }
}
