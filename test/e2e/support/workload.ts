/** Pods of which nothing is asked but that they run, on a fleet's only worker. */
import type { Fleet } from '../../support/fleet.js'

/** An image that every node has. */
export async function pauseImage(fleet: Fleet): Promise<string> {
  return (await fleet.on('w1', `crictl images | awk '/pause/ { print $1 ":" $2; exit }'`)).trim()
}

/** Creates a deployment of two pods, and waits until they run. */
export async function deploy(fleet: Fleet, deployment: string): Promise<void> {
  const image = await pauseImage(fleet)
  await fleet.kubectl('create', 'deployment', deployment, `--image=${image}`, '--replicas=2')
  await fleet.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout', '120s')
}

/** Ids of the containers that run for a deployment on the worker. */
export async function containersOf(fleet: Fleet, deployment: string): Promise<string> {
  const ids = `crictl pods --state Ready --name '^${deployment}-' -q | xargs -r -n 1 crictl ps --state Running -q --pod`
  return (await fleet.on('w1', ids)).trim().split('\n').toSorted().join('\n')
}
