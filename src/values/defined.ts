/** Optional fields: a field that has no value is left out, as `exactOptionalPropertyTypes` asks. */

/** The same fields, each of which may also be undefined. They are writable while the object is built. */
export type OrUndefined<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] | undefined }

type Missable<Fields> = {
  [Name in keyof Fields]-?: undefined extends Fields[Name] ? Name : never
}[keyof Fields]

/** The same fields, where each that may be undefined may be missing instead. */
export type Defined<Fields> = Omit<Fields, Missable<Fields>> & {
  [Name in Missable<Fields>]?: Exclude<Fields[Name], undefined>
}

/** The fields that have a value, in their order. E.g. `{ name, ...defined({ host, hint }) }`. */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>
}
