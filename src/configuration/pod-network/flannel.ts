/** Flannel, which Quorate installs unless the cluster file says otherwise. */
import { flannelLinks, flannelPorts } from './flannel-backends.js'
import {
  FLANNEL,
  FLANNEL_CNI_CONFIG,
  NET_CONF_ANNOTATION,
  netConfAnnotation,
  renderFlannel,
} from './flannel-manifest.js'
import type { PluginDefinition, SettingsOf } from './plugin.js'

/** Public images of one release, which belong together. */
export const FLANNEL_IMAGES = {
  image: 'ghcr.io/flannel-io/flannel:v0.28.5',
  cniPluginImage: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1',
} as const

export const flannel: PluginDefinition<SettingsOf<'flannel'>> = {
  title: 'Flannel',
  description: 'installed by Quorate',
  isApplied: true,
  needs: { usualCniFolders: true, kubeProxy: true, nodeSubnets: true },
  cniConfigFile: FLANNEL_CNI_CONFIG,
  daemonSet: { namespace: FLANNEL.namespace, settingsAnnotation: NET_CONF_ANNOTATION },
  withSettings: (network, { podSubnet }) => ({
    label: `Flannel (${network.backend})`,
    images: [network.image, network.cniPluginImage],
    ports: flannelPorts(network),
    links: flannelLinks(network),
    settings: netConfAnnotation(network, podSubnet),
    manifest: () => ({ text: renderFlannel(network, podSubnet) }),
  }),
}
