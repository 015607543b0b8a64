/** Services that an apply starts, restarts or enables. The rule is that of hosts/system/service.ts. */
import type { ServiceState } from '../../facts/host-configuration.js'

/** A service and the digest of the file that it is to run with. */
export interface WantedService {
  readonly name: string
  readonly digest: string
  /** What brings one that runs to read its file again. */
  readonly takesUp: 'restart' | 'reload'
}

/** What is done about a service; nothing where it runs with its file and starts at boot. */
export function serviceActions(wanted: WantedService, state: ServiceState | undefined): readonly string[] {
  const { name, digest, takesUp } = wanted
  return [
    ...(state?.active !== true ? [`start ${name}`] : state.loaded === digest ? [] : [`${takesUp} ${name}`]),
    ...(state?.enabled === true ? [] : [`enable ${name} at boot`]),
  ]
}
