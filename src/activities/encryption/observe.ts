/** Which layout a control plane's API server reads and writes etcd with. */
import { commandOf } from '../../configuration/kubeadm/static-pod.js'
import { layoutInArguments } from '../../configuration/encryption.js'
import type { Host } from '../../cluster/model.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { ENCRYPTION_STEP } from '../../hosts/encryption/keys.js'
import { startKubelet } from '../../hosts/kubeadm/kubelet.js'
import { manifestOf, mendComponents } from '../reconfigure/components.js'
import { waitForComponent } from '../reconfigure/component-waits.js'

/** The other control planes. */
export interface EncryptionPeers {
  readonly others: readonly Host[]
  /** Names of control planes that cannot be reached. */
  readonly missing: readonly string[]
}

/**
 * The name of the layout that the API server on this host runs with, once it is healthy.
 * @throws QuorateError `ENCRYPTION_WAITS` while a control plane is missing, or if the layout is none of ours.
 */
export async function observeEncryption(
  context: HostContext,
  { others, missing }: EncryptionPeers,
): Promise<string> {
  if (missing.length > 0) {
    throw context.error(
      'ENCRYPTION_WAITS',
      `${missing.join(', ')} cannot get the keys, or be asked for them`,
      {
        step: ENCRYPTION_STEP,
      },
    )
  }
  await waitForOthers(context)
  await startKubelet(context)
  await mendComponents(context, others)
  const { pod } = await manifestOf(context, 'kube-apiserver')
  await waitForComponent(context, 'kube-apiserver', pod, {
    giveUp: (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: ENCRYPTION_STEP }),
  })
  const layout = layoutInArguments(commandOf(pod))
  if (layout !== undefined) return layout
  throw context.error('ENCRYPTION_WAITS', 'its API server has an --encryption-provider-config of its own', {
    step: ENCRYPTION_STEP,
    hint: 'take the argument out of its manifest once nothing in etcd needs it, then retry; or abort, and take encryptionAtRest out of the cluster file',
  })
}
