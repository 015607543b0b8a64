/** The operator installs a pod network. Until then nodes are not Ready, and that is nobody's mistake. */
import type { PluginDefinition, SettingsOf } from './plugin.js'

export const none: PluginDefinition<SettingsOf<'none'>> = {
  title: 'none',
  description: 'you install one',
  isApplied: false,
  withSettings: () => ({
    label: 'left to the operator',
    images: [],
    ports: [],
    links: [],
    manifest: () => undefined,
  }),
}
