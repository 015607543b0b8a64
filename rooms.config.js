// What each room of src/ may import from, the lowest room first (docs/architecture.md). Read by ESLint, which says so at
// the line, and by dependency-cruiser, which follows every import to its file and finds circles.

const PURE_GROUND = ['errors', 'values', 'cluster']

export const MAY_IMPORT = {
  values: [],
  errors: ['values'],
  'ssh-config': ['errors', 'values'],
  cluster: ['errors', 'values'],
  configuration: [...PURE_GROUND],
  facts: [...PURE_GROUND, 'configuration'],
  preflight: [...PURE_GROUND, 'configuration', 'facts'],
  operations: [...PURE_GROUND, 'preflight'],
  planning: [...PURE_GROUND, 'configuration', 'facts', 'preflight', 'operations'],
  'cluster-file': [...PURE_GROUND, 'configuration', 'ssh-config'],
  ssh: [...PURE_GROUND, 'ssh-config'],
  hosts: [...PURE_GROUND, 'configuration', 'facts', 'operations', 'planning', 'ssh'],
  archives: [...PURE_GROUND, 'configuration', 'operations', 'planning', 'ssh', 'hosts'],
  activities: [
    ...PURE_GROUND,
    'configuration',
    'facts',
    'operations',
    'planning',
    'ssh',
    'hosts',
    'archives',
  ],
  workflows: [...PURE_GROUND, 'facts', 'preflight', 'operations', 'planning', 'activities'],
  temporal: ['errors', 'values', 'operations'],
  engine: ['errors', 'values', 'operations', 'temporal'],
  ui: ['errors', 'temporal', 'engine'],
  client: [...PURE_GROUND, 'operations', 'temporal', 'engine', 'ui', 'ssh', 'hosts', 'archives'],
  // The command line has one door: what it needs of Temporal, the engine or the hosts, the client offers.
  cli: [...PURE_GROUND, 'cluster-file', 'preflight', 'operations', 'planning', 'client'],
}

// The files above the rooms, and what they may import from.
export const ENTRIES = {
  client: ['errors', 'cluster', 'operations', 'temporal', 'client'],
  worker: ['errors', 'values', 'operations', 'temporal', 'engine', 'activities', 'ssh'],
  index: ['errors', 'cluster', 'cluster-file', 'preflight', 'operations', 'client'],
}

// Who may import which of them.
export const ENTRIES_OF = { cli: ['client', 'worker'], index: ['client'] }
