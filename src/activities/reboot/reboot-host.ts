/** Reboots one host, and lets it take part again once it is as it was. */
import type { Host } from '../../cluster/model.js'
import type { BootRecord } from '../../facts/boot.js'
import type { AwayContext, HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { uncordon } from '../../hosts/kubernetes/cordon.js'
import { cordonAndDrain } from '../../hosts/kubernetes/drain.js'
import { waitForRoom } from '../../hosts/kubernetes/room.js'
import { waitForApiServer, waitForOtherApiServers } from '../../hosts/kubernetes/wait-for-api-server.js'
import { askForReboot } from '../../hosts/reboot/ask.js'
import {
  servicesObstacle,
  servicesOf,
  waitForMember,
  waitForNode,
  waitForServices,
} from '../../hosts/reboot/checks.js'
import { guardData, removeDataGuard, waitForData } from '../../hosts/reboot/data-guard.js'
import { waitForBoot, type Booted } from '../../hosts/reboot/return.js'
import { waitUntil } from '../../hosts/wait.js'
import type { DrainOptions } from '../../operations/drain.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { Session } from '../../ssh/index.js'

const STEP = 'reboot'

/** How a host is rebooted. */
export interface HostReboot {
  /** The host before: whoever finds another boot there has nothing left to reboot. */
  readonly before: BootRecord
  /** The control plane whose API and etcd are asked: another than the host, wherever there is one. */
  readonly through: Host
  /** The others of its kind, which do its work meanwhile: control planes, balancers. */
  readonly others: readonly Host[]
  readonly drain: DrainOptions
  readonly returnTimeoutMs: number
  /** How many workers may be unavailable at once; not given for other hosts, which go one by one. */
  readonly atOnce?: number
}

/**
 * Drains the host, reboots it, waits until it is back and as it was, and uncordons it. Every attempt finds out from the
 * boot id how far the earlier ones came.
 * @throws QuorateError `HOST_NOT_BACK`, `HOST_CHANGED`, `ETCD_DATA_MISSING`, `ETCD_OTHER_CLUSTER` and those of the gates.
 */
export async function rebootHost(away: AwayContext, reboot: HostReboot): Promise<StepOutcome> {
  const { before, returnTimeoutMs } = reboot
  const found = await waitForBoot(away, returnTimeoutMs)
  const askedAt = Date.now()
  let booted = found
  if (found.bootId === before.bootId) {
    await askForReboot(found.context, before, () => clearTheWay(found.context, reboot))
    booted = await waitForBoot(away, returnTimeoutMs, before.bootId)
  }
  await expectAsBefore(booted, reboot)
  const took = booted === found ? '' : `, back after ${Math.round((Date.now() - askedAt) / 1000)} s`
  return { changed: true, summary: `rebooted${took}` }
}

/** Clears the way. Nothing is stopped before the others can do without the host; what serves on it leaves in good order. */
export async function clearTheWay(context: HostContext, reboot: HostReboot): Promise<void> {
  const { host } = context
  const { before, others, drain, atOnce = 1 } = reboot
  await waitForOthers(context)
  switch (host.role) {
    case 'load-balancer':
      await waitForOtherBalancers(context, others)
      break
    case 'etcd':
      break
    case 'worker': {
      const { api } = await asking(context, reboot)
      await waitForRoom(context, api, atOnce, STEP)
      await cordonAndDrain(context, api, host.name, drain)
      break
    }
    case 'control-plane': {
      const { api, session } = await asking(context, reboot)
      await waitForOtherApiServers(context, others, STEP)
      await prepareMemberStop(context, session)
      await cordonAndDrain(context, api, host.name, drain)
    }
  }
  if (before.etcd !== undefined) await guardData(context, before.etcd.mount)
  if (host.role === 'control-plane' || host.role === 'etcd') {
    // The drain may have taken long, and leadership may have moved back.
    await prepareMemberStop(context, (await asking(context, reboot)).session)
  }
}

/** What is asked of the cluster goes through another host. */
async function asking(
  { cluster, sessions, signal }: HostContext,
  { through }: HostReboot,
): Promise<{ readonly api: ClusterApi; readonly session: Session }> {
  const session = await sessions.session(through, signal)
  return { session, api: localApi(cluster, session) }
}

async function waitForOtherBalancers(context: HostContext, others: readonly Host[]): Promise<void> {
  const { cluster, sessions, signal, patience } = context
  await waitUntil(
    context,
    async () => {
      for (const other of others) {
        const session = await sessions.session(other, signal)
        const reason = await servicesObstacle(session, servicesOf(cluster, other))
        if (reason !== undefined) return `${other.name}: ${reason}`
      }
      return undefined
    },
    (reason) => context.error('SERVICE_NOT_RUNNING', reason, { step: STEP }),
    { timeoutMs: patience.runtime },
  )
}

/** Makes sure of the same machine, the same data, and a part of the cluster as before. Only then it takes pods again. */
export async function expectAsBefore({ context, bootId }: Booted, reboot: HostReboot): Promise<void> {
  const { host, session } = context
  const { before } = reboot
  const machineId = (await session.readFile('/etc/machine-id'))?.toString().trim() ?? ''
  if (machineId !== before.machineId) {
    const message = `the machine-id is ${machineId}, and was ${before.machineId} before the reboot`
    throw context.error('HOST_CHANGED', message, { step: STEP })
  }
  if (before.etcd !== undefined) await waitForData(context, before.etcd.mount)
  await waitForServices(context)
  if (host.role === 'load-balancer') return
  const { api, session: asked } = await asking(context, reboot)
  if (before.etcd !== undefined) await waitForMember(context, before.etcd, asked)
  if (host.role === 'control-plane') await waitForApiServer(context, STEP)
  if (host.role !== 'etcd') {
    await waitForNode(context, api, bootId)
    await uncordon(api, host.name)
  }
  await removeDataGuard(context)
}
