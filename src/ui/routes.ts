/**
 * The HTTP form of Temporal's gRPC API, as the annotations in its protocol describe it (google.api.http): which method
 * a request calls, and which of the method's fields are in the path, the query and the body.
 */
import { createRequire } from 'node:module'
import { util, type Method, type Root, type Type } from 'protobufjs'
import { fromJson, scalarFromText } from './proto-json.js'

/** Services whose methods have a form in HTTP. */
type ServiceName = 'workflowService' | 'operatorService'

/** A method in one of its HTTP forms. */
interface Route {
  readonly service: ServiceName
  readonly method: Method
  readonly verb: string
  /** Segments of the path; `{field.path}` takes any text. */
  readonly segments: readonly string[]
  /** What the body holds: `*` for the request itself, the name of a field, or nothing. */
  readonly body: string | undefined
}

/** What a request asks of Temporal. */
export interface ApiCall {
  readonly service: ServiceName
  /** Name in the SDK's service object, such as `getWorkflowExecutionHistory`. */
  readonly method: string
  readonly request: object
  readonly responseType: Type
}

/** Where Temporal's services are found in its protocol. */
const SERVICES: Readonly<Record<ServiceName, string>> = {
  workflowService: 'temporal.api.workflowservice.v1.WorkflowService',
  operatorService: 'temporal.api.operatorservice.v1.OperatorService',
}

/** Annotations as protobufjs keeps them. */
interface HttpRule {
  readonly get?: string
  readonly post?: string
  readonly put?: string
  readonly patch?: string
  readonly delete?: string
  readonly body?: string
  readonly additional_bindings?: HttpRule | readonly HttpRule[]
}

/** Reads the annotations. Call this once. */
export function apiRoutes(): readonly Route[] {
  const root = createRequire(import.meta.url)('@temporalio/proto') as Root
  return (Object.keys(SERVICES) as ServiceName[]).flatMap((service) =>
    root.lookupService(SERVICES[service]).methodsArray.flatMap((method) => {
      method.resolve()
      return rulesOf(method).flatMap((rule) => routesOf(service, method, rule))
    }),
  )
}

/**
 * Finds the method that a request calls.
 * @param target path and query as they stand in the request line: a workflow's id may have an encoded slash.
 * @returns undefined if no method has this form.
 */
export function findCall(
  routes: readonly Route[],
  verb: string,
  target: string,
  body: unknown,
): ApiCall | undefined {
  const [path, query] = split(target)
  const segments = path.split('/').slice(1).map(decode)
  // Between `workflows/{id}` and `workflows/count`, the more specific one wins.
  const [best] = routes
    .filter((route) => route.verb === verb && matches(route, segments))
    .toSorted((a, b) => variables(a) - variables(b))
  if (best === undefined) return undefined
  const { service, method } = best
  const { resolvedRequestType, resolvedResponseType } = method
  if (resolvedRequestType === null || resolvedResponseType === null) return undefined
  const json: Record<string, unknown> = best.body === '*' ? { ...objectOf(body) } : {}
  if (best.body !== undefined && best.body !== '*') json[util.jsonName(best.body)] = body
  if (best.body !== '*') {
    for (const [name, value] of new URLSearchParams(query)) put(json, resolvedRequestType, name, value)
  }
  best.segments.forEach((segment, index) => {
    if (isVariable(segment)) put(json, resolvedRequestType, segment.slice(1, -1), segments[index] ?? '')
  })
  return {
    service,
    method: `${method.name.charAt(0).toLowerCase()}${method.name.slice(1)}`,
    request: fromJson(resolvedRequestType, json),
    responseType: resolvedResponseType,
  }
}

function rulesOf(method: Method): HttpRule[] {
  const options = (method.parsedOptions ?? []) as readonly Readonly<Record<string, HttpRule>>[]
  return options.flatMap((option) => {
    const rule = option['(google.api.http)']
    if (rule === undefined) return []
    return [rule, ...[rule.additional_bindings ?? []].flat()]
  })
}

function routesOf(service: ServiceName, method: Method, rule: HttpRule): Route[] {
  return (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((verb) => {
    const path = rule[verb]
    // Each method has a form below /api/v1, which is what the UI uses.
    if (path?.startsWith('/api/v1/') !== true) return []
    const segments = path.split('/').slice(1)
    return [{ service, method, verb: verb.toUpperCase(), segments, body: rule.body }]
  })
}

function matches({ segments }: Route, actual: readonly string[]): boolean {
  if (segments.length !== actual.length) return false
  return segments.every((segment, index) =>
    isVariable(segment) ? actual[index] !== '' : segment === actual[index],
  )
}

function variables({ segments }: Route): number {
  return segments.filter(isVariable).length
}

function isVariable(segment: string): boolean {
  return segment.startsWith('{')
}

/** Puts a text at the place that a dotted name says; names of unknown fields are ignored. */
function put(json: Record<string, unknown>, type: Type, name: string, text: string): void {
  const [head = '', ...rest] = name.split('.')
  const key = util.jsonName(head)
  const field = Object.hasOwn(type.fields, key) ? type.fields[key]?.resolve() : undefined
  if (field === undefined) return
  if (rest.length > 0) {
    const inner = objectOf(json[key])
    json[key] = inner
    if (field.resolvedType !== null && 'fields' in field.resolvedType) {
      put(inner, field.resolvedType, rest.join('.'), text)
    }
    return
  }
  const value = scalarFromText(field, text)
  json[key] = field.repeated ? [...((json[key] as unknown[] | undefined) ?? []), value] : value
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function split(target: string): [string, string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
