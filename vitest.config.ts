import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** These wait for what takes long, and are short files. Begun last, one of them would be waited for alone. */
const SLOW = [
  'resume',
  'apply',
  'engine-unit',
  'frozen-worker',
  'engine-files',
  'process',
  'stuck',
  'leaving',
]

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) =>
      SLOW.some((name) => moduleId.endsWith(`/integration/cli/${name}.test.ts`))
    const sorted = await super.sort(files)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}

// The servers of most tests are theirs alone; tests of seals name keys of their own.
const env = { QUORATE_SEAL_KEY_FILE: 'none' }

export default defineConfig({
  test: {
    // A golden file that is missing is a failure; `vitest --update` writes it.
    update: 'none',
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          env,
          name: 'unit',
          // They keep no state in modules; loading those again for each file took most of the time.
          isolate: false,
          include: ['test/unit/**/*.test.ts'],
          // Some start OpenSSH's own programs hundreds of times, which a busy machine does slowly.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          env,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          env,
          name: 'security',
          include: ['test/security/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          env,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 1_200_000,
          // The first one builds Kubernetes, if nothing did before.
          hookTimeout: 1_800_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          env,
          name: 'faults-lab',
          include: ['test/faults/lab/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          env,
          name: 'faults-sweep',
          include: ['test/faults/sweep/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
          // Cases wait for a free lane of the sweep, not for vitest.
          maxConcurrency: 10_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
