/** The search attributes of operations: registering them in a namespace, and setting them at the start. */
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common'
import type { Client } from '@temporalio/client'
import type { OperationKind } from '../operations/registry.js'
import { SEARCH_ATTRIBUTES } from '../operations/search-attributes.js'

/** Value of `INDEXED_VALUE_TYPE_KEYWORD` in Temporal's API. */
const KEYWORD = 2

/** Names of all search attributes that an operation sets. */
export const SEARCH_ATTRIBUTE_NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES)

/** The names that the namespace lacks, or has with another type. */
export async function missingSearchAttributes(client: Client): Promise<readonly string[]> {
  const { namespace } = client.options
  const known = await client.connection.operatorService.listSearchAttributes({ namespace })
  return SEARCH_ATTRIBUTE_NAMES.filter((name) => Number(known.customAttributes[name]) !== KEYWORD)
}

/**
 * Registers what is missing.
 * @returns false when the server does not let us; operations then run without search attributes.
 */
export async function ensureSearchAttributes(client: Client): Promise<boolean> {
  try {
    const missing = await missingSearchAttributes(client)
    if (missing.length === 0) return true
    await client.connection.operatorService.addSearchAttributes({
      namespace: client.options.namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    })
    return (await missingSearchAttributes(client)).length === 0
  } catch {
    // Temporal Cloud and locked-down servers have no operator service; searching is a convenience.
    return false
  }
}

/** The attributes that an operation has from its start. */
export function initialSearchAttributes(
  cluster: string,
  operation: OperationKind,
  kubernetesVersion: string,
): SearchAttributePair[] {
  return [
    keyword(SEARCH_ATTRIBUTES.clusterName, cluster),
    keyword(SEARCH_ATTRIBUTES.operation, operation),
    keyword(SEARCH_ATTRIBUTES.kubernetesVersion, kubernetesVersion),
  ]
}

function keyword(name: string, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }
}
