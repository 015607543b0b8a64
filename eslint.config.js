import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import { MAY_IMPORT } from './rooms.config.js'

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
  activities: ['@temporalio/client', '@temporalio/worker', '@temporalio/workflow', 'ssh2'],
  workflows: [...SDK_AND_NODE, 'yaml', 'zod'],
  temporal: ['ssh2', '@temporalio/workflow'],
  engine: ['ssh2', '@temporalio/workflow'],
  ui: ['ssh2', '@temporalio/workflow'],
  client: ['ssh2', '@temporalio/workflow', '@temporalio/worker', '@temporalio/activity'],
  cli: ['ssh2', '@temporalio/activity', '@temporalio/workflow'],
}

function importDirection(room) {
  const closed = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other))
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: closed.map((other) => `**/${other}/**`),
              message: `src/${room} may import ${MAY_IMPORT[room].join(', ') || 'nothing'} (docs/architecture.md)`,
            },
            // Only the command line stands on these two; within a room the names are free.
            ...(room === 'cli'
              ? []
              : [{ regex: '^(\\.\\./)+(client|worker)\\.js$', message: 'the entries are above every room' }]),
            { group: FOREIGN[room], message: `not in src/${room} (docs/architecture.md)` },
            // The contract declares messages with Temporal's types; its code stays outside.
            ...(room === 'operations'
              ? [{ group: ['@temporalio/common'], allowTypeImports: true, message: 'types only' }]
              : []),
            // Workflows see the types of activities only: their code must never reach the sandbox.
            ...(room === 'workflows'
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
  ...ROOMS.map(importDirection),
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
