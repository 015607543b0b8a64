/** The reference of the cluster file, a page made from its schema: each object a section, each field a row. */
import { format, resolveConfig } from 'prettier'
import { ruleOf, type ChangedBy } from '../src/planning/drift/field-rules.js'
import { defaultOf, exampleOf, isNeeded, typeOf } from '../src/cluster-file/field-words.js'
import { clusterFileJsonSchema, type JsonSchema } from '../src/cluster-file/json-schema.js'

/** Where the page is, from the project's folder. */
export const REFERENCE_PAGE = 'docs/cluster-file.md'

const HEAD = `<!-- Written by \`npm run docs:reference\` from src/cluster-file/schema.ts. Changes here are overwritten. -->

# The cluster file

One file says what the cluster should be. It uses Kubernetes' and kubeadm's own words. The smallest one:

\`\`\`yaml
apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: api.prod.lab:6443 }
  hosts:
    - { name: cp1, role: control-plane, address: 10.0.0.11 }
\`\`\`

\`quorate init\` writes one with comments, \`quorate validate\` tells every mistake with its line and column, \`quorate schema\`
prints the JSON Schema for editors. A field with nothing after its colon counts as not given. Relative paths start from the
file's own folder, \`~\` is your home folder. An unknown field is a mistake, never ignored.
Where no default is shown, a field that is left out is not set, or does what its meaning says.

_Later_ says what becomes of an edit once the cluster runs; \`quorate plan\` compares the file with the running cluster and
names both values. **apply**: \`quorate apply\` changes it. **new hosts**: it holds for hosts that join from then on.
**told**: it is compared and told, and not applied yet. **upgrade**: applying never changes it and refuses another value;
a channel such as \`stable\` keeps the running version. **no**: a node cannot change it while it is part of the cluster.
**never**: only a new cluster can have another value. **free**: it is about the way to the hosts, or for other commands.
`

/** The title of the section of what stands at the left margin. */
const FILE = 'The file'

interface Section {
  readonly title: string
  readonly description: string
  readonly schema: JsonSchema
}

/** The page, as prettier has it. */
export async function renderReference(): Promise<string> {
  const { properties = {} } = clusterFileJsonSchema()
  const top = { properties, required: Object.keys(properties) }
  const sections = sectionsOf({ title: FILE, description: '', schema: top }, '')
  const text = [HEAD, ...sections.map(renderSection)].join('\n')
  const options = await resolveConfig(REFERENCE_PAGE)
  return format(text, { ...options, parser: 'markdown' })
}

/** A section for the object, and for each object within it. */
function sectionsOf(section: Section, path: string): readonly Section[] {
  const fields = Object.entries(section.schema.properties ?? {})
  const inner = fields.flatMap(([name, field]) => {
    const below = path === '' ? name : `${path}.${name}`
    const listed = field.items?.properties !== undefined
    const schema = listed ? field.items : field
    if (schema.properties === undefined) return []
    const title = listed ? `${below}[]` : below
    return sectionsOf({ title, description: field.description ?? '', schema }, title)
  })
  return [section, ...inner]
}

function renderSection({ title, description, schema }: Section): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) =>
    row([
      `\`${name}\``,
      linked(typeOf(field), title, name, field),
      isNeeded(schema, name) ? '**needed**' : defaultOf(field),
      field.description ?? '',
      laterOf(title, name, field),
      exampleOf(field),
    ]),
  )
  const heading = title === FILE ? title : `\`${title}\``
  const table = [
    row(['Field', 'Type', 'Default', 'Meaning', 'Later', 'Example']),
    row(Array(6).fill('---')),
    ...rows,
  ]
  return `## ${heading}\n\n${description}\n\n${table.join('\n')}\n`
}

/** What becomes of an edit of the field once the cluster runs, in words (LATER explains them). */
const LATER: Readonly<Record<ChangedBy, string>> = {
  apply: 'apply',
  'new-hosts': 'new hosts',
  'not-yet': 'told',
  upgrade: 'upgrade',
  remove: 'no',
  never: 'never',
  free: 'free',
}

/** Nothing for an object, whose fields say so themselves. */
function laterOf(title: string, name: string, field: JsonSchema): string {
  if (field.properties !== undefined || field.items?.properties !== undefined) return ''
  const rule = ruleOf(title === FILE ? name : `${title}.${name}`)
  return rule === undefined ? '' : LATER[rule.changedBy]
}

/** An object's type leads to its section. */
function linked(type: string, section: string, name: string, field: JsonSchema): string {
  if ((field.properties ?? field.items?.properties) === undefined) return type
  const title = section === FILE ? name : `${section}.${name}`
  return `[${type}](#${title.toLowerCase().replace(/[^a-z0-9]/g, '')})`
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
