/** What every place of archives can do. */

/** A file in a place. */
export interface StoredFile {
  readonly name: string
  readonly bytes: number
}

/** Each call throws QuorateError `COPY_FAILED` for what may pass, and `COPY_REFUSED` for what only a person can fix. */
export interface Store {
  /** How people know it. */
  readonly title: string
  /** Its files whose names begin with this. */
  list(beginning: string): Promise<readonly StoredFile[]>
  /** Writes a file whole or not at all, and replaces one of the same name. */
  write(name: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>
  /** The bytes of a file, as they are asked for. */
  read(name: string): AsyncIterable<Uint8Array>
  /** A file that is not there is fine. */
  remove(name: string): Promise<void>
}
