/** What the registry knows of an error code. */

/** Who is at the root of an error: the person's input, the world around, or Quorate itself. */
export type ErrorSource = 'user' | 'environment' | 'bug'

/** What can fix an error: waiting and trying again, or only a person's hand. */
export type Remedy = 'retry' | 'operator'

/** What the registry knows of a code. */
export interface ErrorDefinition {
  readonly source: ErrorSource
  readonly remedy: Remedy
  /** What to do now, where the place that throws knows nothing better. */
  readonly hint: string
}
