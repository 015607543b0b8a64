/** What the registry knows of an error code. */

/** What causes an error: the person's input, the environment, or Quorate itself. */
export type ErrorSource = 'user' | 'environment' | 'bug'

/** What can fix an error: waiting and trying again, or only a person. */
export type Remedy = 'retry' | 'operator'

/** What the registry knows of a code. */
export interface ErrorDefinition {
  /** What has happened, as one sentence for docs/errors.md. */
  readonly meaning: string
  readonly source: ErrorSource
  readonly remedy: Remedy
  /** What to do now, if the code that throws knows nothing better. */
  readonly hint: string
}
