/** Archives in a bucket of an object store that speaks the S3 API, by the client of those who made it. */
import { Readable } from 'node:stream'
import type * as Api from '@aws-sdk/client-s3'
import type { S3Copy } from '../cluster/snapshots.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { Secrets } from '../ssh/index.js'
import { defined } from '../values/defined.js'
import type { Store, StoredFile } from './store-contract.js'

/** Bytes of the parts of an upload: of each, so much is held at a time, and the API takes 10,000 of them. */
const PART = 8 * 2 ** 20
const PARTS_AT_ONCE = 2

/**
 * Opens a bucket. The client is loaded only now: it is large, and most commands never need it.
 * @throws QuorateError `SECRET_NEEDED`
 */
export async function openBucket(title: string, copy: S3Copy): Promise<Store> {
  const { endpoint, region, accessKeyId, bucket, prefix } = copy
  const purpose = `the secret access key of ${accessKeyId} for ${title}`
  const secretAccessKey = await new Secrets().read(copy.secretAccessKey, purpose, title)
  // That later versions need a later Node.js is for those who raise the version here, not for those who run it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const api = await import('@aws-sdk/client-s3')
  // Other stores may know neither buckets in host names nor the newer checksums. Signatures cover the content anyway.
  const checksums = endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'
  const client = new api.S3Client({
    region,
    ...defined({ endpoint }),
    forcePathStyle: endpoint !== undefined,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
  })
  return new BucketStore(title, api, client, bucket, prefix)
}

class BucketStore implements Store {
  readonly title: string
  readonly #api: typeof Api
  readonly #client: Api.S3Client
  readonly #bucket: string
  readonly #prefix: string

  constructor(title: string, api: typeof Api, client: Api.S3Client, bucket: string, prefix: string) {
    this.title = title
    this.#api = api
    this.#client = client
    this.#bucket = bucket
    this.#prefix = prefix
  }

  list(beginning: string): Promise<readonly StoredFile[]> {
    return this.#told(async () => {
      const files: StoredFile[] = []
      const place = { Bucket: this.#bucket, Prefix: `${this.#prefix}${beginning}` }
      for await (const page of this.#api.paginateListObjectsV2({ client: this.#client }, place)) {
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          const name = Key.slice(this.#prefix.length)
          if (!name.includes('/')) files.push({ name, bytes: Size })
        }
      }
      return files
    })
  }

  async write(name: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    await this.#told(async () => {
      await this.#abandonEarlier(name)
      const { Upload } = await import('@aws-sdk/lib-storage')
      const upload = new Upload({
        client: this.#client,
        params: { ...this.#object(name), Body: Readable.from(content, { objectMode: false }) },
        partSize: PART,
        queueSize: PARTS_AT_ONCE,
      })
      await upload.done()
    })
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const { Body } = await this.#told(() =>
      this.#client.send(new this.#api.GetObjectCommand(this.#object(name))),
    )
    try {
      for await (const chunk of Body as Readable) yield chunk as Buffer
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async remove(name: string): Promise<void> {
    await this.#told(() => this.#client.send(new this.#api.DeleteObjectCommand(this.#object(name))))
  }

  #object(name: string) {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${name}` }
  }

  /** Parts of an upload whose worker died would be stored, and paid for, for ever. Not every store can list them. */
  async #abandonEarlier(name: string): Promise<void> {
    const { Bucket, Key } = this.#object(name)
    const asked = new this.#api.ListMultipartUploadsCommand({ Bucket, Prefix: Key })
    const { Uploads = [] } = await this.#client.send(asked).catch(() => ({ Uploads: [] }))
    for (const { UploadId, Key: key } of Uploads) {
      if (key !== Key) continue
      await this.#client.send(new this.#api.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
    }
  }

  async #told<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** An answer below 500 is a refusal, except those that ask for patience. */
  #failure(cause: unknown): unknown {
    // What the content throws is not about the bucket.
    if (isQuorateError(cause) || (cause instanceof Error && cause.name === 'AbortError')) return cause
    const status = cause instanceof this.#api.S3ServiceException ? cause.$metadata.httpStatusCode : undefined
    const isRefusal = status !== undefined && status < 500 && status !== 408 && status !== 429
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    return new QuorateError(isRefusal ? 'COPY_REFUSED' : 'COPY_FAILED', `${this.title}: ${said}`, { cause })
  }
}
