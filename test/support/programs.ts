/** Programs of a test's own, put ahead of the host's; their calls are written down. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A folder for `PATH`; `$here` in a body is the folder itself, for what the programs keep. */
export class Programs {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
  }

  add(name: string, body: string): void {
    const text = `#!/bin/sh\nhere='${this.folder}'\necho "${name} $*" >>"$here/calls"\n${body}\n`
    writeFileSync(join(this.folder, name), text)
    chmodSync(join(this.folder, name), 0o755)
  }

  /** The content of a file that the programs keep. */
  put(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content)
  }

  calls(): readonly string[] {
    const path = join(this.folder, 'calls')
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  }
}
