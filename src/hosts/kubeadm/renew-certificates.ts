/** `kubeadm certs renew all` on a control plane, as a unit. It needs no API, only the keys of the authorities on the host. */
import { script } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { isUnderway, runDurably } from '../durable.js'
import { blamingTheDisk } from '../system/disk-state.js'
import { kubeadmError } from './errors.js'

const UNIT = 'kubeadm-certs-renew'
const TITLE = 'kubeadm certs renew'

const RUN = `exec kubeadm certs renew all --config "$QUORATE_SECRETS/kubeadm.yaml"`

/** Whether an earlier attempt of the step has left kubeadm running. */
export function isRenewing(context: HostContext): Promise<boolean> {
  return isUnderway(context, UNIT, () => Promise.resolve(false))
}

/**
 * Renews every certificate that kubeadm has made on the host, or attaches to the kubeadm that does.
 * @param prepare clears the way and returns the configuration; called only when kubeadm is about to be started.
 */
export async function renewAllCertificates(
  context: HostContext,
  prepare: () => Promise<string>,
): Promise<void> {
  await blamingTheDisk(context, () =>
    runDurably(context, {
      unit: UNIT,
      title: TITLE,
      command: script(RUN),
      prepare: async () => ({ 'kubeadm.yaml': await prepare() }),
      failure: (exitCode, output, ordinal) =>
        kubeadmError(context.host, TITLE, { exitCode, output, ordinal }),
    }),
  )
}
