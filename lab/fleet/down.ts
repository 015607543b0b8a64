/** Takes a fleet down, or what is left of one. */
import { hasImage, docker, fleetContainers, FLEET_LABEL, lines, removeContainers } from '../docker.js'
import { output } from '../process.js'
import { removeFolder } from './folder.js'
import { bridgeRule } from './machine.js'

/** Removes a fleet's containers, volumes, network and packet filter rule. Nothing of it being there is fine. */
export async function removeFleet(fleet: string, mirrorImage: string): Promise<void> {
  await removeContainers((await fleetContainers(fleet)).map((container) => container.id))
  if (await hasImage(mirrorImage)) await bridgeRule(fleet, '--delete', mirrorImage)
  const filter = `label=${FLEET_LABEL}=${fleet}`
  const networks = lines(await output('docker', ['network', 'ls', '--quiet', '--filter', filter]))
  if (networks.length > 0) await docker(['network', 'rm', ...networks])
}

/** Takes a fleet down, and removes its folder. */
export async function down(fleet: string, mirrorImage: string): Promise<void> {
  await removeFleet(fleet, mirrorImage)
  await removeFolder(fleet)
}
