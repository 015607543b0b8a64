/** Takes a fleet down, or what is left of one. */
import { docker, fleetContainers, FLEET_LABEL, lines, removeContainers } from '../docker.js'
import { output } from '../process.js'
import { removeFolder } from './folder.js'
import { bridgeRule } from './machine.js'

/** Removes a fleet's containers, volumes, network and packet filter rule. Nothing of it being there is fine. */
export async function removeFleet(fleet: string): Promise<void> {
  await removeContainers((await fleetContainers(fleet)).map((container) => container.id))
  // The rule was made with some mirror image, so there is one, if not the one that would be built today.
  const [image] = lines(await output('docker', ['image', 'ls', '--quiet', 'quorate-lab/mirror']))
  if (image !== undefined) await bridgeRule(fleet, '--delete', image)
  const filter = `label=${FLEET_LABEL}=${fleet}`
  const networks = lines(await output('docker', ['network', 'ls', '--quiet', '--filter', filter]))
  if (networks.length > 0) await docker(['network', 'rm', ...networks])
}

/** Takes a fleet down, and removes its folder. */
export async function down(fleet: string): Promise<void> {
  await removeFleet(fleet)
  await removeFolder(fleet)
}
