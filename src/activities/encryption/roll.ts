/** One control plane gets a layout: keys and file first, then its API server restarts with it. */
import { ENCRYPTION_PATHS, layoutIn, withLayout } from '../../configuration/encryption.js'
import { NO_ENCRYPTION } from '../../cluster/encryption-layout.js'
import type { Host } from '../../cluster/model.js'
import { KEPT_CONFIGURATION } from '../../facts/kept-configuration.js'
import type { EncryptionNote } from '../../facts/encryption-note.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { ENCRYPTION_STEP, placeLayout } from '../../hosts/encryption/keys.js'
import { dropUnusedFiles } from '../../hosts/kubeadm/api-server-files.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { changeRecord } from '../../hosts/kubernetes/own-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { PlainObject } from '../../values/merge.js'
import { dropBackups } from '../reconfigure/backups.js'
import { isRejection } from '../reconfigure/component-waits.js'
import { configureComponents, mendComponents, restoreComponents } from '../reconfigure/components.js'
import { answeringApi } from '../reconfigure/configure.js'
import { keepDocument, keptDocument } from '../reconfigure/kept-documents.js'

/** How a control plane gets a layout. */
export interface EncryptionRoll {
  /** The layout's name. */
  readonly layout: string
  /** The layout that the cluster is on its way to. */
  readonly target: string
  readonly others: readonly Host[]
  /** It makes the key, and the cluster keeps the layout for control planes that join as soon as it runs with it. */
  readonly isFirst: boolean
  /** Names of the keys that API servers have already. */
  readonly inUse: readonly string[]
}

/**
 * Gives the API server the layout.
 * @throws QuorateError `CONFIGURATION_REJECTED` once it runs with its old one again.
 */
export async function rollEncryption(context: HostContext, roll: EncryptionRoll): Promise<StepOutcome> {
  const { layout, target, others, isFirst, inUse } = roll
  await waitForOthers(context)
  await mendComponents(context, others)
  const api = await answeringApi(context, others)
  if (isFirst) await noteEncryption(api, { layout: target, isChanging: true })
  await placeLayout(context, layout, { others, inUse, makes: isFirst })
  const kept = await keptConfiguration(context, api)
  const document = withLayout(kept, layout)
  const did: string[] = []
  try {
    const wanted = { kind: 'ClusterConfiguration', document, set: [], managed: ENCRYPTION_PATHS } as const
    did.push(...(await configureComponents(context, wanted, others)))
  } catch (error) {
    if (isRejection(error)) {
      await restoreComponents(context, others)
      await dropBackups(context)
    }
    throw error
  }
  // The document may say it already, in other words.
  if (isFirst && layoutIn(kept) !== layout) await keepDocument(api, 'ClusterConfiguration', document)
  await dropBackups(context)
  await dropUnusedFiles(context)
  const summary =
    did.length === 0 ? 'has it already' : `${did.join(', ')} with ${layout === '' ? 'no key' : layout}`
  return { changed: did.length > 0, summary }
}

/** Notes that API servers and etcd are as the layout says. */
export async function settleEncryption(context: HostContext, layout: string): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  await noteEncryption(api, { layout, isChanging: false })
  return { changed: false, summary: 'noted' }
}

/** Notes what a new cluster has from its first value on; nothing if it encrypts nothing. */
export async function noteInitialEncryption(api: ClusterApi, layout: string): Promise<void> {
  if (layout === NO_ENCRYPTION) return
  await changeRecord(api, 'encryption', (text) => text ?? JSON.stringify({ layout, isChanging: false }))
}

function noteEncryption(api: ClusterApi, note: EncryptionNote): Promise<boolean> {
  return changeRecord(api, 'encryption', () => JSON.stringify(note))
}

async function keptConfiguration(context: HostContext, api: ClusterApi): Promise<PlainObject> {
  const document = await keptDocument(api, 'ClusterConfiguration')
  if (document !== undefined) return document
  const { namespace, cluster } = KEPT_CONFIGURATION
  throw context.error('CONTROL_PLANE_NOT_READY', `${namespace}/${cluster.name} is missing`, {
    step: ENCRYPTION_STEP,
  })
}
