/** A session whose units keep their state in a folder of the test's, rather than in the host's own places. */
import type { Command } from '../../src/ssh/command.js'
import type { RunOptions, Session } from '../../src/ssh/session.js'

/** `/var/lib/quorate` becomes `<folder>/state`, `/run/quorate` becomes `<folder>/secrets`. */
export function relocated(session: Session, folder: string): Session {
  const move = (text: string) =>
    text.replaceAll('/var/lib/quorate', `${folder}/state`).replaceAll('/run/quorate', `${folder}/secrets`)
  return {
    host: session.host,
    run: (command: Command, options: RunOptions = {}) => {
      // The first line of the input is the unit's script.
      const [script = '', ...rest] = (options.stdin ?? '').toString().split('\n')
      const moved = Buffer.from(move(Buffer.from(script, 'base64').toString())).toString('base64')
      return session.run(command, { ...options, stdin: [moved, ...rest].join('\n') })
    },
    readFile: (path) => session.readFile(path),
    writeFile: (path, content, attributes) => session.writeFile(path, content, attributes),
    removeFile: (path) => session.removeFile(path),
  }
}
