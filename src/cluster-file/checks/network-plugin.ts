/** Checks the pod network: the given fields fit the plugin, and a manifest can be trusted. */
import { objectAt, pluginOf, textAt, type Outline } from '../lenient.js'
import type { NetworkPluginName } from '../../cluster/pod-network.js'
import { pluginNames } from '../../configuration/pod-network/plugins.js'
import { isUrl } from '../../cluster/names.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem } from './finding.js'

/** The fields of each plugin's settings. */
const FIELDS: Readonly<Record<NetworkPluginName, readonly string[]>> = {
  flannel: ['backend', 'port', 'vni', 'interface', 'netConf', 'image', 'cniPluginImage'],
  manifest: ['manifest', 'digest'],
  none: [],
}

/** Fields that only some of Flannel's backends have. */
const BACKEND_FIELDS: Readonly<Record<string, readonly string[]>> = {
  port: ['vxlan', 'wireguard'],
  vni: ['vxlan'],
}

/** Settings in Flannel's `net-conf.json` that have a field of their own in the cluster file. */
const NOT_IN_NET_CONF: readonly (readonly [within: readonly string[], name: string, field: string])[] = [
  [[], 'Network', 'kubernetes.networking.podSubnet'],
  [['Backend'], 'Type', 'network.backend'],
]

const REMOVE_ONE = 'remove one of the two'

export function pluginFindings(file: Outline): readonly Finding[] {
  const plugin = pluginOf(file)
  return [
    ...foreignFields(file, plugin),
    ...(plugin === 'manifest' ? manifestFindings(file) : []),
    ...(plugin === 'flannel' ? flannelFindings(file) : []),
  ]
}

function at(...fields: FieldPath): FieldPath {
  return ['spec', 'network', ...fields]
}

function foreignFields({ network }: Outline, plugin: string): readonly Finding[] {
  const ownersOf = (field: string) => pluginNames().filter((name) => FIELDS[name].includes(field))
  return [...new Set(Object.values(FIELDS).flat())]
    .map((field) => ({ field, owners: ownersOf(field) }))
    .filter(({ field, owners }) => network[field] !== undefined && !owners.some((name) => name === plugin))
    .map(({ field, owners }) =>
      problem(at(field), `belongs to ${owners.join(' and ')}, but the plugin is ${plugin}`, REMOVE_ONE),
    )
}

function manifestFindings({ network }: Outline): readonly Finding[] {
  const manifest = textAt(network, 'manifest')
  const digest = network['digest']
  if (manifest === undefined) {
    return [problem(at('manifest'), 'missing', 'give the path or https URL of the manifest')]
  }
  if (isUrl(manifest, ['http'])) {
    return [problem(at('manifest'), `${show(manifest)} is not protected in transit`, 'use https, or a file')]
  }
  if (!isUrl(manifest, ['https']) || digest !== undefined) return []
  // The manifest is applied with full privileges, on every node, on each attempt, and again next year.
  const remedy = `look at the manifest, then give the output of \`curl -fsSL ${manifest} | sha256sum\`, as sha256:…`
  return [problem(at('digest'), 'missing, and the content behind the URL may change', remedy)]
}

function flannelFindings({ network }: Outline): readonly Finding[] {
  const backend = textAt(network, 'backend') ?? 'vxlan'
  const netConf = objectAt(network, 'netConf')
  return [
    ...Object.entries(BACKEND_FIELDS)
      .filter(([field, backends]) => network[field] !== undefined && !backends.includes(backend))
      .map(([field]) => problem(at(field), `does not belong to the backend ${backend}`, REMOVE_ONE)),
    ...NOT_IN_NET_CONF.filter(([within, name]) => within.reduce(objectAt, netConf)[name] !== undefined).map(
      ([within, name, field]) =>
        problem(at('netConf', ...within, name), 'has a field of its own', `use ${field}`),
    ),
  ]
}
