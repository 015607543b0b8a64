/**
 * A small server that speaks the S3 API on loopback: one bucket in memory, uploads in parts, and Signature Version 4
 * checked from AWS' description, without any of the client's code.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const S3_KEY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

export class S3Server {
  readonly objects = new Map<string, Buffer>()
  readonly uploads = new Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>()
  /** Requests, e.g. `PUT prod/a.tar.age`. */
  readonly asked: string[] = []
  /** Answers the next requests like this. */
  readonly refusals: { readonly status: number; readonly code: string }[] = []
  readonly #bucket: string
  readonly #server: Server
  #numbers = 0

  private constructor(bucket: string) {
    this.#bucket = bucket
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(bucket: string): Promise<S3Server> {
    const server = new S3Server(bucket)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const url = new URL(request.url ?? '/', this.endpoint)
    const [, bucket = '', ...rest] = url.pathname.split('/')
    const key = decodeURIComponent(rest.join('/'))
    this.asked.push(`${request.method ?? ''} ${key}`)
    const { status, headers = {}, body: text = '' } = this.#judge(request, url, { bucket, key, body })
    response.writeHead(status, headers).end(text)
  }

  #judge(
    request: IncomingMessage,
    url: URL,
    { bucket, key, body }: { readonly bucket: string; readonly key: string; readonly body: Buffer },
  ): Answer {
    const refusal = this.refusals.shift()
    if (refusal !== undefined) return refused(refusal.status, refusal.code)
    if (!isSigned(request, url, body)) return refused(403, 'SignatureDoesNotMatch')
    if (bucket !== this.#bucket) return refused(404, 'NoSuchBucket')
    const { method = '' } = request
    const query = url.searchParams
    if (query.has('list-type')) return xml(this.#listing(query))
    if (query.has('uploads')) return method === 'POST' ? xml(this.#begin(key)) : xml(this.#openUploads())
    const id = query.get('uploadId')
    if (id !== null) return this.#ofUpload(method, id, Number(query.get('partNumber')), body)
    return this.#ofObject(method, key, body)
  }

  #begin(key: string): string {
    this.#numbers += 1
    const id = `upload-${this.#numbers}`
    this.uploads.set(id, { key, parts: new Map() })
    return `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`
  }

  #ofUpload(method: string, id: string, part: number, body: Buffer): Answer {
    const upload = this.uploads.get(id)
    if (upload === undefined) return refused(404, 'NoSuchUpload')
    if (method === 'PUT') {
      upload.parts.set(part, body)
      return { status: 200, headers: { etag: etagOf(body) } }
    }
    this.uploads.delete(id)
    if (method === 'DELETE') return { status: 204 }
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, one]) => one)
    this.objects.set(upload.key, Buffer.concat(parts))
    return xml('<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>')
  }

  #ofObject(method: string, key: string, body: Buffer): Answer {
    if (method === 'PUT') {
      this.objects.set(key, body)
      return { status: 200, headers: { etag: etagOf(body) } }
    }
    if (method === 'DELETE') {
      this.objects.delete(key)
      return { status: 204 }
    }
    const found = this.objects.get(key)
    if (found === undefined) return refused(404, 'NoSuchKey')
    return { status: 200, headers: { etag: etagOf(found) }, body: found }
  }

  /** Two to a page, so that clients have to go on. */
  #listing(query: URLSearchParams): string {
    const all = [...this.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).toSorted()
    const from = Number(query.get('continuation-token') ?? 0)
    const page = all.slice(from, from + 2)
    const next = from + 2 < all.length ? from + 2 : undefined
    const contents = page.map(
      (key) => `<Contents><Key>${key}</Key><Size>${this.objects.get(key)?.length ?? 0}</Size></Contents>`,
    )
    const more = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
    return `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${more}${contents.join('')}</ListBucketResult>`
  }

  #openUploads(): string {
    const all = [...this.uploads].map(
      ([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`,
    )
    return `<ListMultipartUploadsResult>${all.join('')}</ListMultipartUploadsResult>`
  }
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

function xml(text: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?>${text}` }
}

function refused(status: number, code: string): Answer {
  return xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`, status)
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

/** As "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference describes it. */
function isSigned(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const { authorization = '' } = request.headers
  const [, id, date, region, signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? []
  if (id !== S3_KEY.accessKeyId || date === undefined || region === undefined) return false
  const header = (name: string) => String(request.headers[name] ?? '')
  const payload = header('x-amz-content-sha256')
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== hash(body)) return false
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
  const headers = signed.split(';').map((name) => `${name}:${header(name).trim()}\n`)
  const canonical = [request.method, url.pathname, query, headers.join(''), signed, payload].join('\n')
  const scope = `${date}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, hash(Buffer.from(canonical))].join('\n')
  const key = [date, region, 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${S3_KEY.secretAccessKey}`),
  )
  const wanted = createHmac('sha256', key).update(text).digest()
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex'))
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
