/** Services that an apply starts, restarts or enables. The same rule as in hosts/system/service.ts. */
import type { ServiceState } from '../../facts/host-configuration.js'

/** A service and the digest of the file that it is to run with. */
export interface WantedService {
  readonly name: string
  readonly digest: string
  /** How a running service reads its file again. */
  readonly takesUp: 'restart' | 'reload'
}

/** The actions for a service; empty if it runs with its file and starts at boot. */
export function serviceActions(wanted: WantedService, state: ServiceState | undefined): readonly string[] {
  const { name, digest, takesUp } = wanted
  return [
    ...(state?.active !== true ? [`start ${name}`] : state.loaded === digest ? [] : [`${takesUp} ${name}`]),
    ...(state?.enabled === true ? [] : [`enable ${name} at boot`]),
  ]
}
