/** Chooses and reads the ssh configuration that fills in what a cluster file leaves out. */
import { readDirectives, type Directive } from '../../ssh-config/directives.js'
import { problem } from '../checks/finding.js'
import type { Outline } from '../lenient.js'
import { show, type Finding } from '../problem.js'
import { absolutePath, type ClusterFileLocation } from '../location.js'
import { defined } from '../../values/defined.js'

/** The directives of each file. The first file takes precedence over the others. */
export type SshConfiguration = readonly (readonly Directive[])[]

const SYSTEM_CONFIG = '/etc/ssh/ssh_config'

/** Reads the file that `spec.ssh.configFile` names, or those that ssh itself would read. */
export function readSshConfiguration(
  file: Outline,
  location: ClusterFileLocation,
): { readonly configuration: SshConfiguration; readonly findings: readonly Finding[] } {
  const { sshConfigFile: named } = file
  const findings: Finding[] = []
  if (named === 'none' || location.readFile === undefined) return { configuration: [], findings }
  const userFolder = absolutePath('~/.ssh', location)
  const { readFile, listFolder = () => [], fileState } = location
  const reader = { readFile, listFolder, ...defined({ fileState }) }
  const read = (
    path: string,
    folder: string,
    { isRequired = false, isChecked = false },
  ): SshConfiguration => {
    try {
      return [readDirectives(path, reader, { machine: location, folder, isChecked })]
    } catch (error) {
      if (!isRequired && isAbsent(error)) return []
      const reason = error instanceof Error ? error.message : String(error)
      findings.push(problem(['spec', 'ssh', 'configFile'], `${show(path)} cannot be read`, reason))
      return []
    }
  }
  const configuration =
    named === undefined
      ? [
          ...read(`${userFolder}/config`, userFolder, { isChecked: true }),
          ...read(SYSTEM_CONFIG, '/etc/ssh', {}),
        ]
      : read(absolutePath(named, location), userFolder, { isRequired: true })
  return { configuration, findings }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
