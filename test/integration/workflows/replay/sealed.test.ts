/** Runs that were sealed: recorded with the key of test/histories/sealed, which seals nothing else. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SealCodec } from '../../../../src/temporal/seal/codec.js'
import { newKey, type KeyFile } from '../../../../src/temporal/seal/key-file.js'
import { SealKeys } from '../../../../src/temporal/seal/keys.js'
import { guardedBundle } from '../../../../src/temporal/seal/worker.js'
import { testBundle } from '../../../support/workflow-bundle.js'

const FOLDER = fileURLToPath(new URL('../../../histories/sealed/', import.meta.url))
const KEYS = parse(readFileSync(`${FOLDER}seal-key.yaml`, 'utf8')) as KeyFile

interface History {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string }
  }[]
}

function recorded(): History {
  return JSON.parse(readFileSync(`${FOLDER}apply-retried.json`, 'utf8')) as History
}

/** As a worker that takes only what is sealed with these keys. */
async function replay(history: History, keys: KeyFile): Promise<void> {
  const options: ReplayWorkerOptions = {
    workflowBundle: guardedBundle(await testBundle()),
    dataConverter: { payloadCodecs: [new SealCodec(SealKeys.of(keys))] },
    sinks: {
      seal: { refused: { fn: () => undefined }, refusedRun: { fn: () => undefined } },
    },
  }
  const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId
  await Worker.runReplayHistory(options, history, workflowId)
}

describe('the guards of sealed runs', () => {
  it('replay a run with a decision, signals of its owner and a signal of a stranger', async () => {
    await replay(recorded(), KEYS)
  })

  it('would fail the replay if they accepted or refused anything else than recorded', async () => {
    await expect(replay(recorded(), { ...KEYS, keys: [newKey()] })).rejects.toThrow(/SEAL_KEY_WRONG|replay/i)
    const altered = JSON.parse(
      JSON.stringify(recorded()).replaceAll('"name":"prepareHost"', '"name":"somethingElse"'),
    ) as History
    await expect(replay(altered, KEYS)).rejects.toThrow(/[Nn]ondeterminism/)
  })
})
