/**
 * Bootstrap tokens for joins: made here, one for each join, put into the cluster, revoked when the join
 * ends. A token never appears in an argument, a log or a result.
 */
import { createHash, randomInt } from 'node:crypto'
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { Secret } from 'kubernetes-types/core/v1.js'
import { isApiFailure } from './api/refusal.js'
import type { ClusterApi } from './cluster-api.js'
import { waitUntil } from '../wait.js'
import type { HostContext } from '../context.js'

/** Long enough for a slow join; revoked earlier when the join ends. */
const LIFETIME_MS = 25 * 60_000

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

const ID_LENGTH = 6
const SECRET_LENGTH = 16

/** A token as kubeadm takes it: `<id>.<secret>`. */
export function makeBootstrapToken(id = randomLetters(ID_LENGTH)): string {
  return `${id}.${randomLetters(SECRET_LENGTH)}`
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/**
 * The id of the token that `kubeadm init` asks for. Ids are not secret. This one is derived from the host, so that an
 * attempt that only verifies an init can revoke the token that an earlier one made.
 */
export function initTokenId(host: Host): string {
  const digest = createHash('sha256').update(`kubeadm init ${host.name}`).digest()
  return Array.from(digest.subarray(0, ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/**
 * Revokes the token that `kubeadm init` made, which no join of ours uses. If that fails, the token expires by itself.
 */
export async function revokeInitToken(api: ClusterApi, host: Host): Promise<void> {
  await unlessApiFails(() => tokens(api).delete(`bootstrap-token-${initTokenId(host)}`))
}

/** Mints a token for a join, and waits until the cluster's public information is signed with it. */
export async function mintBootstrapToken(context: HostContext, api: ClusterApi): Promise<string> {
  const token = makeBootstrapToken()
  const [id = '', secret = ''] = token.split('.')
  await tokens(api).create(tokenSecret(id, secret, context.host.name))
  await waitUntil(
    context,
    async () => {
      const information = await api.core.configMaps.in('kube-public').find('cluster-info')
      const isSigned = information?.data?.[`jws-kubeconfig-${id}`] !== undefined
      return isSigned ? undefined : 'cluster-info is not signed for this join yet'
    },
    (reason) =>
      new QuorateError('API_UNREACHABLE', reason, { host: api.session.host.name, step: 'bootstrap token' }),
    { timeoutMs: 60_000 },
  )
  return token
}

/** Revokes every token that was minted for a host; the cluster itself collects expired ones. */
export async function revokeBootstrapTokens(api: ClusterApi, host: string): Promise<void> {
  await unlessApiFails(() => tokens(api).deleteAll({ labels: `quorate.dev/join=${host}` }))
}

function tokens(api: ClusterApi) {
  return api.core.secrets.in('kube-system')
}

async function unlessApiFails(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isApiFailure(error)) throw error
  }
}

function tokenSecret(id: string, secret: string, host: string): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'bootstrap.kubernetes.io/token',
    metadata: {
      name: `bootstrap-token-${id}`,
      namespace: 'kube-system',
      labels: { 'quorate.dev/join': host },
    },
    stringData: {
      'token-id': id,
      'token-secret': secret,
      expiration: new Date(Date.now() + LIFETIME_MS).toISOString(),
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    },
   }
}
