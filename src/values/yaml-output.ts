/** Writes YAML for programs: plain, wide, and read the same by YAML 1.1 parsers such as Go's. */
import { stringify } from 'yaml'

/** The documents as one YAML stream, separated by `---`. */
export function renderYaml(documents: readonly object[]): string {
  // Go's parser takes `yes`, `on` or `012` for something other than a string; compat puts them in quotes.
  const options = { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false } as const
  return documents.map((document) => stringify(document, options)).join('---\n')
}
