/**
 * Checks who may change a file of the ssh configuration: whoever may, decides which hosts are trusted and what runs
 * here.
 */
import type { LocalMachine } from './expansion.js'

/** Owner and mode of a file. */
export interface FileState {
  readonly uid: number
  readonly mode: number
}

/** Why a file is not read, as it follows its name in a message. */
export class RefusedFileError extends Error {
  override readonly name = 'RefusedFileError'
}

const WRITABLE_BY_OTHERS = 0o022
const ROOT = 0

/**
 * @throws RefusedFileError by OpenSSH's rule: only root or the user may own the file, and nobody else may write to it.
 */
export function expectSafe(file: string, state: FileState | undefined, { uid }: LocalMachine): void {
  if (state === undefined) return
  if (state.uid !== ROOT && uid !== undefined && state.uid !== uid) {
    throw new RefusedFileError(
      `${file} belongs to another user (number ${state.uid}), so ssh does not read it: change its owner to yourself`,
    )
  }
  if ((state.mode & WRITABLE_BY_OTHERS) !== 0) {
    const octal = (state.mode & 0o7777).toString(8).padStart(4, '0')
    throw new RefusedFileError(
      `others may write ${file} (mode ${octal}), so ssh does not read it: \`chmod go-w ${file}\``,
    )
  }
}
