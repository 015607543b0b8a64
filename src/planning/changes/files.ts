/** Files that an apply writes: whether a host has them as they are rendered, and what is said of those that differ. */
import type { FileState, HostConfiguration } from '../../facts/host-configuration.js'
import type { HostFile } from '../../configuration/host-prerequisites.js'
import { sha256 } from '../../values/sha256.js'

/** Owner of every file that Quorate writes as configuration. */
const OWNER = 'root:root'

/** How a file on a host differs from what would be written; `differs` also for its mode or owner alone. */
type FileDifference = 'same' | 'missing' | 'differs'

/** Compares a rendered file with what the host told of it. */
function compareFile({ mode, content }: HostFile, state: FileState | undefined): FileDifference {
  if (state === undefined) return 'missing'
  const isSame = state.mode === `${mode.toString(8)} ${OWNER}` && state.digest === sha256(content)
  return isSame ? 'same' : 'differs'
}

/** What is done about files: one line for those that are new, and one for those that change. */
export function fileActions(
  files: readonly HostFile[],
  { files: present }: Pick<HostConfiguration, 'files'>,
): readonly string[] {
  const paths = (difference: FileDifference) =>
    files.flatMap((file) => (compareFile(file, present[file.path]) === difference ? [file.path] : []))
  return [...listed('write', paths('missing')), ...listed('change', paths('differs'))]
}

/** `write /a, /b`; nothing where there is nothing to name. */
export function listed(verb: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${verb} ${names.join(', ')}`]
}
