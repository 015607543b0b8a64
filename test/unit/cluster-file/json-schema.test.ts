import { describe, expect, it } from 'vitest'
import { clusterFileJsonSchema, type JsonSchema } from '../../../src/cluster-file/json-schema.js'

function fields(schema: JsonSchema, path = ''): (readonly [path: string, field: JsonSchema])[] {
  const own = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [`${path}.${name}`, field] as const,
  )
  return [
    ...own,
    ...own.flatMap(([name, field]) => fields(field, name)),
    ...(schema.items === undefined ? [] : fields(schema.items, `${path}[]`)),
  ]
}

describe('the JSON Schema for editors', () => {
  const schema = clusterFileJsonSchema()

  it('describes every field', () => {
    const silent = fields(schema).filter(([, { description }]) => description === undefined)
    expect(silent.map(([path]) => path)).toEqual([])
    expect(fields(schema).length).toBeGreaterThan(50)
  })

  it('allows only the fields that we define', () => {
    const objects = fields(schema).filter(([, { properties }]) => properties !== undefined)
    expect(objects.filter(([, object]) => object.additionalProperties !== false)).toEqual([])
  })

  it('requires the mandatory fields and none that has a default', () => {
    expect(schema['required']).toEqual(['apiVersion', 'kind', 'metadata', 'spec'])
    expect(schema.properties?.['spec']?.['required']).toEqual(['kubernetes', 'hosts'])
  })

  it('uses a draft that editors support', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#')
  })
})
