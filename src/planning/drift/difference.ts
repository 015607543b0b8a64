/** Two values of one field. */
export interface Difference {
  readonly file: string
  readonly cluster: string
}
