/**
 * Asks the cluster's DNS a real question from a host that needs nothing but bash for it, and explains why DNS is
 * silent.
 */
import { streamEncode } from 'dns-packet'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import { BASH, lastLines, script } from '../../ssh/index.js'
import { isApiFailure } from './api/refusal.js'
import type { ClusterApi } from './cluster-api.js'

const QUERY_ID = 0x5155
/** The answer's length (2 bytes, since it is TCP) and header (12 bytes): enough to tell whether there is an answer. */
const ANSWER_HEAD = 14
// Question on stdin, the head of the answer on stdout; $1 is the server, $2 how many bytes to wait for.
const ASK = `exec timeout 5 ${BASH} 'exec 3<>"/dev/tcp/$0/53"; cat >&3; head -c "$1" <&3' "$1" "$2"`

/** Why the cluster's DNS does not answer for the API's own service; undefined when it does. */
export async function clusterDnsObstacle(api: ClusterApi, dnsDomain: string): Promise<string | undefined> {
  const service = await api.core.services.in('kube-system').find('kube-dns')
  const server = service?.spec?.clusterIP ?? ''
  if (server === '') return 'the service kube-dns has no address'
  const name = `kubernetes.default.svc.${dnsDomain}`
  const question = streamEncode({ type: 'query', id: QUERY_ID, questions: [{ type: 'A', name }] })
  const { stdoutBytes } = await api.session.run(script(ASK, server, String(ANSWER_HEAD)), {
    root: true,
    stdin: question,
  })
  return hasAnswer(stdoutBytes) ? undefined : `${server} does not answer for ${name}`
}

// CoreDNS exits with this if the resolver of its node leads back to it, as 127.0.0.1 in /etc/resolv.conf does.
const LOOP = /plugin\/loop: Loop .* detected/
const LOOP_HINT =
  'put the real DNS servers into a file on every node, and set kubernetes.kubeadm.kubeletConfiguration.resolvConf to it; ' +
  'or remove the local resolver from /etc/resolv.conf: CoreDNS cannot use a resolver on the node itself'

/** Runs `act`. If that fails with `CLUSTER_DNS_FAILED`, adds the last lines that CoreDNS logged to the error. */
export async function explainingDns<Result>(api: ClusterApi, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'CLUSTER_DNS_FAILED') throw error
    const output = await dnsLog(api)
    if (output === '') throw error
    const hint = LOOP.test(output) ? { hint: LOOP_HINT } : {}
    throw new QuorateError(error.code, error.message, { ...error.context, output, ...hint })
  }
}

/**
 * The last lines that CoreDNS' pods logged; those of the previous containers if the present ones have said nothing yet.
 */
async function dnsLog(api: ClusterApi): Promise<string> {
  const namespace = 'kube-system'
  try {
    const pods = await api.core.pods.in(namespace).list({ labels: 'k8s-app=kube-dns' })
    for (const previous of [false, true]) {
      const logs = await Promise.all(
        pods.map(({ metadata: { name } }) => api.core.log({ namespace, name }, { lines: 10, previous })),
      )
      const text = logs.join('')
      if (text.trim() !== '') return lastLines(text)
    }
  } catch (error) {
    if (!isApiFailure(error)) throw error
  }
  return ''
}

function hasAnswer(bytes: Buffer): boolean {
  if (bytes.length < ANSWER_HEAD) return false
  const header = bytes.subarray(2)
  const flags = header.readUInt16BE(2)
  const isAnswer = header.readUInt16BE(0) === QUERY_ID && (flags & 0x8000) !== 0
  return isAnswer && (flags & 0x000f) === 0 && header.readUInt16BE(6) > 0
}
