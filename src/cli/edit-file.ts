/** Takes hosts that have left the cluster out of its file, if the operator wants it. */
import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { withoutHosts } from '../cluster-file/edit.js'
import { STANDARD_INPUT } from '../cluster-file/read.js'
import { plainLine } from '../values/plain-text.js'
import { DEFAULT_FILE, type Context } from './context.js'

/** What the operator has said beforehand. */
export interface EditOptions {
  readonly editFile?: true
  readonly keepFile?: true
}

/**
 * Edits the file if that was asked for, or asks on a terminal; elsewhere only says what is left to do. A file that
 * cannot be edited is left as it is, with a note: the hosts are removed all the same.
 */
export async function offerEdit(
  context: Context,
  names: readonly string[],
  options: EditOptions,
): Promise<void> {
  const path = context.file ?? DEFAULT_FILE
  if (path === STANDARD_INPUT) {
    warn(
      context,
      `take ${plainLine(names.join(', '))} out of your cluster file, which came from standard input`,
    )
    return
  }
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const edit = text === undefined ? undefined : withoutHosts(text, names)
  if (edit === undefined || edit.kind === 'unchanged' || options.keepFile === true) return
  if (edit.kind === 'by-hand') {
    warn(context, `take ${names.join(', ')} out of ${path} yourself: ${edit.reason}`)
    return
  }
  const listed = edit.removed.map((name) => plainLine(name)).join(', ')
  if (!(await isWanted(context, options, `Take ${listed} out of ${path}?`))) {
    const tail = 'until then `quorate apply` lets what is in the file join again'
    warn(context, `${listed} is still in ${path}: take it out, or use --edit-file next time; ${tail}`)
    return
  }
  try {
    replace(path, edit.text)
    if (!context.json) context.io.note(`took ${listed} out of ${path}`)
  } catch (error) {
    warn(
      context,
      `${path} cannot be written (${error instanceof Error ? error.message : String(error)}): take ${listed} out of it yourself`,
    )
  }
}

async function isWanted({ io, json }: Context, { editFile }: EditOptions, message: string): Promise<boolean> {
  if (editFile === true) return true
  if (!io.canAsk || json) return false
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message, initialValue: true })
  return !isCancel(answer) && answer
}

function warn({ io, json }: Context, message: string): void {
  if (json) io.note(message)
  else io.note(io.style.yellow(`⚠ ${message}`))
}

/** By rename, so that nobody ever reads half of it. A link keeps leading to its file. */
function replace(path: string, text: string): void {
  const real = realpathSync(path)
  const { mode } = statSync(real)
  const written = `${real}.quorate-${process.pid}`
  try {
    writeFileSync(written, text, { flag: 'wx' })
    chmodSync(written, mode & 0o777)
    renameSync(written, real)
  } finally {
    rmSync(written, { force: true })
  }
}
