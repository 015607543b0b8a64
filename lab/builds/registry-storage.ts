/**
 * Puts images into the storage of a Docker registry without an engine or a running registry: the folders below are
 * what `registry serve` reads (distribution 2.8, storage driver `filesystem`).
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cachePath, writeWhole } from '../cache.js'
import { run } from '../process.js'

/** A blob of the registry. */
export interface Blob {
  readonly digest: string
  readonly size: number
}

/** What an image runs. */
export interface ImageConfig {
  readonly entrypoint: readonly string[]
  readonly env?: readonly string[]
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
/** Layers are not compressed: they only travel over a bridge, and 155 MB are slow to squeeze and to unpack. */
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The storage that every mirror serves. */
export function registryRoot(): string {
  return cachePath('registry')
}

function storage(...parts: string[]): string {
  return join(registryRoot(), 'docker', 'registry', 'v2', ...parts)
}

/** Makes a layer of a folder's content. The same content gives the same layer. */
export async function putLayer(folder: string): Promise<Blob> {
  const archive = storage(`upload-${process.pid}-${Date.now()}.tar`)
  await mkdir(dirname(archive), { recursive: true })
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  await run('tar', [...reproducible, '--create', '--file', archive, '--directory', folder, '.'])
  const hash = createHash('sha256')
  for await (const part of createReadStream(archive)) hash.update(part as Buffer)
  const digest = `sha256:${hash.digest('hex')}`
  const { size } = await stat(archive)
  const target = blobPath(digest)
  await mkdir(dirname(target), { recursive: true })
  await rename(archive, target)
  return { digest, size }
}

/** Puts an image of these layers, lowest first, under `repository:tag`. */
export async function putImage(
  repository: string,
  tag: string,
  layers: readonly Blob[],
  config: ImageConfig,
): Promise<void> {
  const configBlob = await putJson({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: config.entrypoint, Env: [PATH, ...(config.env ?? [])] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  })
  const manifest = await putJson({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, ...configBlob },
    layers: layers.map((layer) => ({ mediaType: LAYER, ...layer })),
  })
  for (const blob of [configBlob, ...layers]) {
    await putLink(blob.digest, repository, '_layers', ...hashPath(blob.digest))
  }
  await putLink(manifest.digest, repository, '_manifests', 'revisions', ...hashPath(manifest.digest))
  const tags = ['_manifests', 'tags', tag]
  await putLink(manifest.digest, repository, ...tags, 'index', ...hashPath(manifest.digest))
  await putLink(manifest.digest, repository, ...tags, 'current')
}

async function putJson(content: object): Promise<Blob> {
  const bytes = Buffer.from(JSON.stringify(content))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const target = blobPath(digest)
  if (!existsSync(target)) await writeWhole(target, bytes)
  return { digest, size: bytes.length }
}

async function putLink(digest: string, repository: string, ...folder: string[]): Promise<void> {
  await writeWhole(storage('repositories', repository, ...folder, 'link'), digest)
}

function hashPath(digest: string): [string, string] {
  return digest.split(':') as [string, string]
}

function blobPath(digest: string): string {
  const [algorithm, hex] = hashPath(digest)
  return storage('blobs', algorithm, hex.slice(0, 2), hex, 'data')
}
