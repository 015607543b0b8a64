/** A manifest of the user's, by path or URL. What is in it is theirs. */
import type { PluginDefinition, SettingsOf } from './plugin.js'

export const manifest: PluginDefinition<SettingsOf<'manifest'>> = {
  title: 'the manifest',
  description: 'yours is applied',
  isApplied: true,
  withSettings: ({ source, content, digest }) => ({
    label: source,
    images: [],
    ports: [],
    links: [],
    manifest: () => (content === undefined ? { url: source, digest } : { text: content }),
  }),
}
