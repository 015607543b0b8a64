/** Values by key, as the facts script prints them. */
export type Answers = ReadonlyMap<string, readonly string[]>
