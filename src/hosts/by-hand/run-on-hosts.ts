/** An operator's own command, on several hosts at once. */
import type { Host } from '../../cluster/model.js'
import { command, type Command, type SessionPool } from '../../ssh/index.js'
import { onEachHost, type HostOutcome } from '../each-host.js'

/** What a command said, and its exit status. */
export interface Said {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** How a command is run on hosts. */
export interface HowToRun {
  /** As root, by the host's own way; otherwise as the user that logs in. */
  readonly root: boolean
  /** Receives standard output of a host as it arrives; {@link Said.stdout} is then empty. */
  readonly onStdout?: (host: string, chunk: Buffer) => void
}

/** A single word is a line for the shell, as with ssh; several are a program and its arguments. */
function commandOf([program = '', ...args]: readonly string[]): Command {
  return args.length === 0 ? command('sh', '-c', program) : command(program, ...args)
}

/** Runs a command on all of these hosts at once; it takes as long as it takes. */
export function runOnHosts(
  sessions: SessionPool,
  hosts: readonly Host[],
  words: readonly string[],
  { root, onStdout }: HowToRun,
): Promise<readonly HostOutcome<Said>[]> {
  return onEachHost(sessions, hosts, async (session): Promise<Said> => {
    const { exitCode, stdout, stderr } = await session.run(commandOf(words), {
      root,
      timeoutMs: Infinity,
      ...(onStdout === undefined ? {} : { onStdout: (chunk: Buffer) => onStdout(session.host.name, chunk) }),
    })
    return { exitCode, stdout, stderr }
  })
}
