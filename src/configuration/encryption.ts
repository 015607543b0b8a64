/** The files of encryption at rest on control planes, and what the ClusterConfiguration says about them. */
import { HOST_PATHS } from '../cluster/host-paths.js'
import { isPlainObject, type PlainObject } from '../values/merge.js'
import { renderYaml } from '../values/yaml-output.js'
import { isV1beta3 } from './kubeadm/extra-arguments.js'
import {
  IDENTITY,
  layoutName,
  NO_ENCRYPTION,
  parseLayout,
  providerOf,
  type Layout,
} from '../cluster/encryption-layout.js'

/** Configurations, which API servers read. Their names are those of layouts, so another layout is another argument. */
export const ENCRYPTION_FOLDER = `${HOST_PATHS.apiServerFiles}/encryption`

/** The keys, each in a file of its own. A snapshot of etcd needs those of its time, so none is ever removed. */
export const KEYS_FOLDER = `${HOST_PATHS.apiServerFiles}/encryption-keys`

const ARGUMENT = 'encryption-provider-config'
const VOLUME = 'quorate-encryption'

/** Where the ClusterConfiguration has the argument and the volume. */
export const ENCRYPTION_PATHS: readonly (readonly string[])[] = [
  ['apiServer', 'extraArgs', ARGUMENT],
  ['apiServer', 'extraVolumes', VOLUME],
]

/** The file of the layout with this name. */
export function encryptionPath(layout: string): string {
  return `${ENCRYPTION_FOLDER}/${layout}.yaml`
}

/** The name of the layout in a file; undefined if the file is none of ours. Without a file, nothing is encrypted. */
export function layoutAt(path: string | undefined): string | undefined {
  if (path === undefined) return NO_ENCRYPTION
  const name = path.startsWith(`${ENCRYPTION_FOLDER}/`)
    ? path.slice(ENCRYPTION_FOLDER.length + 1).replace(/\.yaml$/, '')
    : ''
  const layout = parseLayout(name)
  return name === '' || layout === undefined ? undefined : layoutName(layout)
}

/** The name of the layout in a component's arguments; undefined if they name a file that is none of ours. */
export function layoutInArguments(command: readonly string[]): string | undefined {
  const flag = `--${ARGUMENT}=`
  return layoutAt(command.findLast((argument) => argument.startsWith(flag))?.slice(flag.length))
}

/** The name of the layout that a ClusterConfiguration gives API servers; undefined if it names somebody else's file. */
export function layoutIn(clusterConfiguration: PlainObject): string | undefined {
  const path = argumentsOf(clusterConfiguration).find(({ name }) => name === ARGUMENT)?.value
  return layoutAt(typeof path === 'string' ? path : undefined)
}

/** The ClusterConfiguration that gives API servers the layout of this name, and is otherwise the same. */
export function withLayout(clusterConfiguration: PlainObject, layout: string): PlainObject {
  const server = serverIn(clusterConfiguration)
  const volumes = (listIn(server, 'extraVolumes') ?? []).filter(
    (volume) => !isPlainObject(volume) || volume['name'] !== VOLUME,
  )
  const others = argumentsOf(clusterConfiguration).filter(({ name }) => name !== ARGUMENT)
  const isOn = layout !== NO_ENCRYPTION
  const given = [...others, ...(isOn ? [{ name: ARGUMENT, value: encryptionPath(layout) }] : [])]
  const extraArgs = isV1beta3(clusterConfiguration)
    ? Object.fromEntries(given.map(({ name, value }) => [String(name), value]))
    : given
  const extraVolumes = [...volumes, ...(isOn ? [MOUNT] : [])]
  const rest = Object.entries(server).filter(([key]) => key !== 'extraArgs' && key !== 'extraVolumes')
  return {
    ...clusterConfiguration,
    apiServer: {
      ...Object.fromEntries(rest),
      ...(given.length === 0 ? {} : { extraArgs }),
      ...(extraVolumes.length === 0 ? {} : { extraVolumes }),
    },
  }
}

const MOUNT = {
  name: VOLUME,
  hostPath: ENCRYPTION_FOLDER,
  mountPath: ENCRYPTION_FOLDER,
  readOnly: true,
  pathType: 'DirectoryOrCreate',
} as const

function serverIn(clusterConfiguration: PlainObject): PlainObject {
  const { apiServer } = clusterConfiguration
  return isPlainObject(apiServer) ? apiServer : {}
}

function argumentsOf(clusterConfiguration: PlainObject): readonly PlainObject[] {
  const server = serverIn(clusterConfiguration)
  const listed = listIn(server, 'extraArgs')
  if (listed !== undefined) return listed.filter(isPlainObject)
  const map = server['extraArgs']
  return Object.entries(isPlainObject(map) ? map : {}).map(([name, value]) => ({ name, value }))
}

function listIn(object: PlainObject, field: string): readonly unknown[] | undefined {
  const list = object[field]
  return Array.isArray(list) ? (list as readonly unknown[]) : undefined
}

/**
 * The EncryptionConfiguration of a layout, for one API server.
 * @param secrets by the names of the keys: 32 bytes in base64. The text is as secret as they are.
 */
export function renderEncryption(layout: Layout, secrets: ReadonlyMap<string, string>): string {
  const provider = (name: string) =>
    name === IDENTITY
      ? { identity: {} }
      : { [providerOf(name)]: { keys: [{ name, secret: secrets.get(name) ?? '' }] } }
  return renderYaml([
    {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: Object.entries(layout).map(([resource, writers]) => ({
        resources: [resource],
        providers: writers.map(provider),
      })),
    },
  ])
}
