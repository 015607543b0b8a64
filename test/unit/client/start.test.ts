import { describe, expect, it } from 'vitest'
import type { Client } from '@temporalio/client'
import { startOperation } from '../../../src/client/start.js'
import { SEARCH_ATTRIBUTE_NAMES } from '../../../src/temporal/search-attributes.js'
import { aCluster } from '../../support/clusters.js'

/** Value of `INDEXED_VALUE_TYPE_KEYWORD` in Temporal's API. */
const KEYWORD = 2

/** A server that has the attributes, and refuses so many starts with them. Notes which starts had them. */
function serverThatRefuses(refusals: number): { readonly client: Client; readonly hadAttributes: boolean[] } {
  const hadAttributes: boolean[] = []
  const customAttributes = Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, KEYWORD]))
  const client = {
    options: { namespace: 'default' },
    connection: { operatorService: { listSearchAttributes: () => Promise.resolve({ customAttributes }) } },
    workflow: {
      start: (_: string, options: { readonly typedSearchAttributes?: unknown }) => {
        hadAttributes.push(options.typedSearchAttributes !== undefined)
        if (hadAttributes.length > refusals) return Promise.resolve({ firstExecutionRunId: 'run' })
        const details = 'Namespace default has no mapping defined for search attribute ClusterName'
        return Promise.reject(Object.assign(new Error(details), { code: 3, details, metadata: {} }))
      },
    },
  }
  return { client: client as unknown as Client, hadAttributes }
}

describe('the start of an operation', () => {
  it('waits for the server to know search attributes that were just registered', async () => {
    const { client, hadAttributes } = serverThatRefuses(2)
    expect((await startOperation(client, 'plan', aCluster())).runId).toBe('run')
    expect(hadAttributes).toEqual([true, true, true])
  })
})
