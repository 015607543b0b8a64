/** JSON that programs on hosts print: validated before it is used. */
import { z } from 'zod'
import { lastLines, type Session } from '../ssh/index.js'
import { QuorateError } from '../errors/index.js'

/**
 * Parses a program's answer and checks what is needed of it; fields that the shape does not name are kept as they are.
 * @throws QuorateError `ANSWER_UNREADABLE` if it is not JSON, or not of the shape.
 */
export function readJson<Shape extends z.ZodType>(
  session: Pick<Session, 'host'>,
  text: string,
  shape: Shape,
  program: string,
): z.output<Shape> {
  return checkShape(session, parsed(text), shape, program, text)
}

/**
 * Like {@link readJson}, for what is parsed already.
 * @param text what it was parsed from, to be quoted.
 */
export function checkShape<Shape extends z.ZodType>(
  { host }: Pick<Session, 'host'>,
  value: unknown,
  shape: Shape,
  program: string,
  text = JSON.stringify(value),
): z.output<Shape> {
  const { data, error } = shape.safeParse(value)
  if (error === undefined) return data
  throw new QuorateError('ANSWER_UNREADABLE', `${program} does not answer in the expected form`, {
    host: host.name,
    step: program,
    output: lastLines(text),
    cause: error,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A list of API objects, each with a name. */
export const OBJECTS = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
})
