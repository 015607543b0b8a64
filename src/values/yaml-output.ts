/** Writing YAML for programs: plain, wide, and read the same by YAML 1.1 readers such as Go's. */
import { stringify } from 'yaml'

/** The documents as one YAML stream, separated by `---`. */
export function renderYaml(documents: readonly object[]): string {
  // Go's reader takes `yes`, `on` or `012` for something else than a string: compat has them quoted.
  const options = { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false } as const
  return documents.map((document) => stringify(document, options)).join('---\n')
}
