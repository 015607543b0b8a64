import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import { ENTRIES, ENTRIES_OF, MAY_IMPORT } from './rooms.config.js'

const ROOMS = Object.keys(MAY_IMPORT)
const SDK_AND_NODE = [
  'node:*',
  'ssh2',
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/worker',
  '@temporalio/envconfig',
]
const PURE = [...SDK_AND_NODE, '@temporalio/*']
const NO_TEMPORAL = ['@temporalio/*']
// What each room may not import from outside the project.
const FOREIGN = {
  errors: PURE,
  values: PURE,
  'ssh-config': ['ssh2', ...NO_TEMPORAL],
  cluster: PURE,
  configuration: PURE,
  facts: PURE,
  preflight: PURE,
  operations: [...SDK_AND_NODE, '@temporalio/workflow'],
  planning: PURE,
  'cluster-file': ['ssh2', ...NO_TEMPORAL],
  ssh: NO_TEMPORAL,
  hosts: ['ssh2', ...NO_TEMPORAL],
  archives: ['ssh2', ...NO_TEMPORAL],
  activities: ['@temporalio/client', '@temporalio/worker', '@temporalio/workflow', 'ssh2'],
  workflows: [...SDK_AND_NODE, 'yaml', 'zod'],
  temporal: ['ssh2', '@temporalio/workflow'],
  engine: ['ssh2', '@temporalio/workflow'],
  ui: ['ssh2', '@temporalio/workflow'],
  client: ['ssh2', '@temporalio/workflow', '@temporalio/worker', '@temporalio/activity'],
  cli: ['ssh2', ...NO_TEMPORAL],
}
const FOREIGN_OF_ENTRIES = {
  client: FOREIGN.client,
  worker: ['ssh2', '@temporalio/client', '@temporalio/activity', '@temporalio/workflow'],
  index: PURE,
}

const ofRoom = (room) => ({
  name: room,
  files: [`src/${room}/**/*.ts`],
  open: [room, ...MAY_IMPORT[room]],
  foreign: FOREIGN[room],
})
const ofEntry = (entry) => ({
  name: `${entry}.ts`,
  files: [`src/${entry}.ts`],
  open: ENTRIES[entry],
  foreign: FOREIGN_OF_ENTRIES[entry],
})

function importDirection({ name, files, open, foreign }) {
  const closed = ROOMS.filter((other) => !open.includes(other))
  const entries = Object.keys(ENTRIES).filter(
    (entry) => !(ENTRIES_OF[name.replace('.ts', '')] ?? []).includes(entry),
  )
  return {
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: closed.map((other) => `**/${other}/**`),
              message: `src/${name} may import ${open.join(', ')} (docs/architecture.md)`,
            },
            // Within a room, and so after a single dot, the names are free.
            {
              regex: `^${name.endsWith('.ts') ? '\\./' : '(\\.\\./)+'}(${entries.join('|')})\\.js$`,
              message: 'the entries are above every room',
            },
            { group: foreign, message: `not in src/${name} (docs/architecture.md)` },
            // The contract declares messages with Temporal's types; its code stays outside.
            ...(name === 'operations'
              ? [{ group: ['@temporalio/common'], allowTypeImports: true, message: 'types only' }]
              : []),
            // Workflows see the types of activities only: their code must never reach the sandbox.
            ...(name === 'workflows'
              ? [{ group: ['**/activities/**'], allowTypeImports: true, message: 'types only' }]
              : []),
          ],
        },
      ],
    },
  }
}

export default tseslint.config(
  { ignores: ['dist/', '.lab/', '.tools/', '.cache/', 'node_modules/', 'bin/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 15],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
        { selector: 'TSEnumDeclaration', message: 'unions of literals instead of enums' },
      ],
      'no-console': 'error',
    },
  },
  ...[...ROOMS.map(ofRoom), ...Object.keys(ENTRIES).map(ofEntry)].map(importDirection),
  {
    files: ['test/**/*.ts', 'lab/**/*.ts'],
    rules: { 'no-console': 'off', 'max-lines-per-function': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [{ name: 'vitest', importNames: ['test'], message: 'tests are written with `it`' }] },
      ],
    },
  },
  {
    files: ['*.config.{js,ts}', 'scripts/**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      'no-restricted-syntax': 'off',
      'no-console': 'off',
      'no-undef': 'off',
    },
  },
)
