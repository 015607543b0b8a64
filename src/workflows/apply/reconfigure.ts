/** The phases of an apply that change the configuration of a running cluster: one control plane first, then the others. */
import { patched } from '@temporalio/workflow'
import { hostsWithRole, narrow, withAuditPolicy, type Cluster, type Host } from '../../cluster/model.js'
import type { StepOutcome } from '../../operations/steps.js'
import {
  asInFile,
  changesHosts,
  interruptsApi,
  type Reconfiguration,
} from '../../planning/reconfigure/plan.js'
import { phase } from './apply-phase.js'
import { aroundBalancers } from './balancers.js'
import type { Bootstrap } from './bootstrap.js'
import { activities } from '../run/activity-policies.js'
import type { Phase } from '../run/run.js'

/** How many workers' kubelets restart at once. Their pods go on meanwhile. */
const WORKERS_AT_ONCE = 5

/**
 * Changes the configuration; without phases if the cluster has that of the file. What follows waits for all of them:
 * hosts that join then get the new one at once.
 */
export function reconfigure(
  apply: Bootstrap,
  before: () => readonly Promise<unknown>[],
): readonly Phase<StepOutcome>[] {
  const { reconfiguration: what } = apply.plan
  if (what === undefined || !patched('reconfigure-by-apply')) return []
  const proxies = what.proxies && patched('kube-proxy-by-apply') ? [what.first] : []
  const onHosts = changesHosts(what)
  if (!onHosts && proxies.length === 0) return []
  const configure = (_: Bootstrap, host: Host) => configureControlPlane(apply, what, host)
  const first = phase(apply, 'first-configuration', onHosts ? [what.first] : [], configure, {
    after: before,
  })
  const others = phase(apply, 'control-plane-configuration', what.controlPlanes, configure, {
    after: () => [...before(), first.all()],
  })
  const workers = phase(apply, 'worker-configuration', what.workers, configureWorker, {
    after: () => [...before(), first.all(), others.all()],
    atOnce: WORKERS_AT_ONCE,
  })
  const onNodes = () => [...before(), first.all(), others.all(), workers.all()]
  const rolledOut =
    proxies.length === 0
      ? []
      : [phase(apply, 'kube-proxy-configuration', proxies, configureKubeProxy, { after: onNodes })]
  const settled = phase(apply, 'cluster-configuration', [what.first], settle, {
    after: () => [...onNodes(), ...rolledOut.map((one) => one.all())],
  })
  return [first, others, workers, ...rolledOut, settled]
}

/** What the step needs to know of the cluster. */
function withHosts({ cluster, looked, plan }: Bootstrap, ...hosts: readonly Host[]): Cluster {
  return narrow(asInFile(cluster, looked.file), ...new Set([...hosts, ...plan.etcd]))
}

async function configureControlPlane(
  apply: Bootstrap,
  what: Reconfiguration,
  host: Host,
): Promise<StepOutcome> {
  const controlPlanes = [what.first, ...what.controlPlanes]
  const others = controlPlanes.filter(({ name }) => name !== host.name)
  const act = () =>
    activities('kubeadm', `${host.name}: configuration`).configureControlPlane(
      withAuditPolicy(withHosts(apply, ...hostsWithRole(apply.cluster, 'control-plane')), apply.cluster),
      host,
      { others, isFirst: host.name === what.first.name, names: what.names },
    )
  return interruptsApi(what) ? aroundBalancers(apply, host, act) : act()
}

function configureWorker(apply: Bootstrap, host: Host): Promise<StepOutcome> {
  const through = apply.plan.apiHost
  return activities('kubeadm', `${host.name}: configuration`).configureWorker(
    withHosts(apply, host, through),
    host,
    through,
  )
}

function configureKubeProxy(apply: Bootstrap, host: Host): Promise<StepOutcome> {
  return activities('kubeadm', `${host.name}: configuration of kube-proxy`).configureKubeProxy(
    withHosts(apply, host),
    host,
  )
}

/** A host that is away or left out keeps its old configuration, and the next apply must look at it. */
function settle(apply: Bootstrap, host: Host): Promise<StepOutcome> {
  const { cluster, run } = apply
  const isAway = cluster.bystanders?.some(({ why }) => why === 'away') === true
  const isEverywhere = !isAway && !cluster.hosts.some((one) => run.isLeftOut(one))
  return activities('kubeadm', `${host.name}: configuration of the cluster`).settleConfiguration(
    withHosts(apply, host),
    host,
    isEverywhere,
  )
}
