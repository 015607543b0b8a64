import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// The direction of imports (docs/architecture.md): for each room, what it may not reach.
const ROOMS = ['errors', 'cluster', 'ssh', 'activities', 'workflows', 'temporal', 'cli']
const MAY_IMPORT = {
  errors: [],
  cluster: ['errors'],
  ssh: ['errors', 'cluster'],
  activities: ['errors', 'cluster', 'ssh'],
  workflows: ['errors', 'cluster', 'activities'],
  temporal: ['errors', 'cluster'],
  cli: ['errors', 'cluster', 'temporal'],
}
const SDK_AND_NODE = [
  'node:*',
  'ssh2',
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/worker',
  '@temporalio/envconfig',
]
// What each room may not import from outside the project.
const FOREIGN = {
  errors: [...SDK_AND_NODE, '@temporalio/*'],
  cluster: ['ssh2', '@temporalio/*'],
  ssh: ['@temporalio/*'],
  activities: ['@temporalio/client', '@temporalio/worker', '@temporalio/workflow', 'ssh2'],
  workflows: [...SDK_AND_NODE, 'yaml', 'zod'],
  temporal: ['ssh2', '@temporalio/workflow'],
  cli: ['ssh2', '@temporalio/activity', '@temporalio/workflow'],
}

function importDirection(room) {
  const closed = ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other))
  const topLevel = room === 'cli' ? ['**/src/worker.js'] : ['**/client.js', '**/worker.js']
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [...closed.map((other) => `**/${other}/**`), ...(room === 'temporal' ? [] : topLevel)],
              message: `src/${room} may import ${MAY_IMPORT[room].join(', ') || 'nothing'} (docs/architecture.md)`,
            },
            { group: FOREIGN[room], message: `not in src/${room} (docs/architecture.md)` },
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
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
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
