/** Archives in a folder on the worker's machine. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { QuorateError } from '../errors/index.js'
import type { Store, StoredFile } from './store-contract.js'

/** What is being written; nobody takes it for a file of the place. */
const UNFINISHED = '.part'

export class FolderStore implements Store {
  readonly title: string
  readonly #folder: string

  constructor(title: string, folder: string) {
    this.title = title
    this.#folder = folder
  }

  async list(beginning: string): Promise<readonly StoredFile[]> {
    return this.#told(async () => {
      const names = await readdir(this.#folder).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return []
        throw error
      })
      const own = names.filter((name) => name.startsWith(beginning) && !name.endsWith(UNFINISHED))
      const stats = await Promise.all(own.map((name) => stat(join(this.#folder, name))))
      return own.flatMap((name, index) => {
        const found = stats[index]
        return found?.isFile() === true ? [{ name, bytes: found.size }] : []
      })
    })
  }

  async write(name: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.#folder, name)
    const part = `${path}${UNFINISHED}`
    await this.#told(() => mkdir(this.#folder, { recursive: true, mode: 0o700 }))
    const file = await this.#told(() => open(part, 'w', 0o600))
    try {
      // What the content throws is not about the folder.
      for await (const chunk of content) await this.#told(() => file.writeFile(chunk))
      await this.#told(() => file.sync())
    } catch (error) {
      await file.close()
      await rm(part, { force: true })
      throw error
    }
    await this.#told(async () => {
      await file.close()
      await rename(part, path)
      const folder = await open(this.#folder, 'r')
      await folder.sync().finally(() => folder.close())
    })
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(join(this.#folder, name))) yield chunk as Buffer
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async remove(name: string): Promise<void> {
    await this.#told(() => rm(join(this.#folder, name), { force: true }))
  }

  async #told<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(cause: unknown): QuorateError {
    const message = `${this.title}: ${cause instanceof Error ? cause.message : String(cause)}`
    return new QuorateError('COPY_REFUSED', message, { cause })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
