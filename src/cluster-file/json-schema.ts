/** The JSON Schema of the cluster file, for editors, from the same source as the checks. */
import { z } from 'zod'
import { clusterFileSchema } from './schema.js'

/** A JSON Schema, as far as it is used here. */
export interface JsonSchema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly [keyword: string]: unknown
}

/** JSON Schema, draft 7: the draft that editors' YAML support knows best. */
export function clusterFileJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(clusterFileSchema, { target: 'draft-7', io: 'input' })
  return { ...schema, title: 'Quorate cluster file' } as JsonSchema
}
