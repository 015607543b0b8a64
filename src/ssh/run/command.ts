/** Typed building of shell commands: data never becomes syntax. */

/** A command line in which every argument is quoted. Only this file makes them; fence.ts puts a check before one. */
export interface Command {
  /** The line for `sh`, fully quoted. */
  readonly line: string
}

/**
 * A program with arguments; each argument arrives exactly as given.
 * @throws TypeError for an argument with a NUL byte, which no argument can carry.
 */
export function command(program: string, ...args: readonly string[]): Command {
  return { line: [program, ...args].map(quote).join(' ') }
}

/**
 * A fixed script for `sh -eu`, with data passed as positional parameters (`$1`, `$2`, …), never by interpolation.
 */
export function script(text: string, ...args: readonly string[]): Command {
  return command('sh', '-euc', text, 'quorate', ...args)
}

/** One argument, quoted for a POSIX shell. */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new TypeError('an argument cannot hold a NUL byte')
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(argument)) return argument
  return `'${argument.replaceAll("'", `'\\''`)}'`
}
