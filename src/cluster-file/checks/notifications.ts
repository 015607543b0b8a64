/** Checks that each notification goes to one place, and that secrets are elsewhere. */
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { objectAt, type Outline } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, repetitions, warning } from './finding.js'

export function checkNotifications({ notifications }: Outline): readonly Finding[] {
  return notifications.flatMap((entry, index) => ofEntry(entry, ['spec', 'notifications', index]))
}

function ofEntry(entry: PlainObject, path: FieldPath): readonly Finding[] {
  return [
    ...oneOf(entry, path, ['webhook', 'command']),
    ...(isPlainObject(entry['webhook']) ? ofWebhook(entry['webhook'], [...path, 'webhook']) : []),
    ...ofCommand(entry['command'], [...path, 'command']),
    ...eventsTwice(entry['on'], [...path, 'on']),
  ]
}

function ofWebhook(webhook: PlainObject, path: FieldPath): readonly Finding[] {
  const sources = (['urlFrom', 'secretFrom'] as const).filter((field) => isPlainObject(webhook[field]))
  const isSigned = webhook['secretFrom'] !== undefined
  return [
    ...oneOf(webhook, path, ['url', 'urlFrom']),
    ...sources.flatMap((field) => oneOf(objectAt(webhook, field), [...path, field], ['env', 'file'])),
    ...(webhook['url'] === undefined || isSigned ? [] : [unsigned(path)]),
  ]
}

/** Exactly one of two fields; that a field has the right shape is the schema's business. */
function oneOf(object: PlainObject, path: FieldPath, fields: readonly [string, string]): readonly Finding[] {
  const given = fields.filter((field) => object[field] !== undefined)
  if (given.length === 1) return []
  const count = given.length === 0 ? 'neither' : 'both'
  return [
    problem(
      path,
      `${count} of ${fields.join(' and ')} ${given.length === 0 ? 'is' : 'are'} given`,
      `give one of ${fields.join(' and ')}`,
    ),
  ]
}

function unsigned(path: FieldPath): Finding {
  return warning(
    path,
    'the receiver cannot tell who sent an event: nothing signs it',
    'add secretFrom (env or file), and have the receiver check the signature',
  )
}

function ofCommand(command: unknown, path: FieldPath): readonly Finding[] {
  if (!Array.isArray(command) || typeof command[0] !== 'string' || command[0].startsWith('/')) return []
  return [
    problem(
      [...path, 0],
      `${show(command[0])} is not an absolute path`,
      'give the whole path of the program, such as /usr/local/bin/page-somebody; for words of a shell, write a script',
    ),
  ]
}

function eventsTwice(on: unknown, path: FieldPath): readonly Finding[] {
  const events = (Array.isArray(on) ? on : []).map((event: unknown, index) => ({ event, index }))
  const nameOf = ({ event }: (typeof events)[number]) => (typeof event === 'string' ? event : undefined)
  return repetitions(events, nameOf).map(({ item }) =>
    problem([...path, item.index], `${show(item.event)} is given twice`, 'keep one of them'),
  )
}
