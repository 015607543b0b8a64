/** Files that an apply writes: whether a host has them as rendered, and how differences are described. */
import type { FileState, HostConfiguration } from '../../facts/host-configuration.js'
import type { HostFile } from '../../configuration/host-prerequisites.js'
import { sha256 } from '../../values/sha256.js'

/** Owner of every file that Quorate writes as configuration. */
const OWNER = 'root:root'

/** How a file on a host differs from what would be written. It also `differs` if only its mode or owner does. */
type FileDifference = 'same' | 'missing' | 'differs'

/** Compares a rendered file with its state on the host. */
function compareFile({ mode, content }: HostFile, state: FileState | undefined): FileDifference {
  if (state === undefined) return 'missing'
  const isSame = state.mode === `${mode.toString(8)} ${OWNER}` && state.digest === sha256(content)
  return isSame ? 'same' : 'differs'
}

/** The actions for files: one line for all new files, and one for all changed files. */
export function fileActions(
  files: readonly HostFile[],
  { files: present }: Pick<HostConfiguration, 'files'>,
): readonly string[] {
  const paths = (difference: FileDifference) =>
    files.flatMap((file) => (compareFile(file, present[file.path]) === difference ? [file.path] : []))
  return [...listed('write', paths('missing')), ...listed('change', paths('differs'))]
}

/** E.g. `write /a, /b`; empty if there are no names. */
export function listed(verb: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${verb} ${names.join(', ')}`]
}
