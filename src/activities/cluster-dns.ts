/** Asks the cluster's DNS a real question from a host, with nothing installed there but bash. */
import { streamEncode } from 'dns-packet'
import { script } from '../ssh/index.js'
import { BASH } from './bash.js'
import { tryKubectl, type ClusterApi } from './kubectl.js'

const QUERY_ID = 0x5155
/** Length (2 bytes, since it is TCP) and header (12 bytes) of the answer: they tell whether there is one. */
const ANSWER_HEAD = 14
// Question on stdin, the head of the answer on stdout; $1 is the server, $2 how many bytes to wait for.
const ASK = `exec timeout 5 ${BASH} 'exec 3<>"/dev/tcp/$0/53"; cat >&3; head -c "$1" <&3' "$1" "$2"`

/** Why the cluster's DNS does not answer for the API's own service; undefined when it does. */
export async function clusterDnsObstacle(api: ClusterApi, dnsDomain: string): Promise<string | undefined> {
  const query = ['-n', 'kube-system', 'get', 'service', 'kube-dns', '-o', 'jsonpath={.spec.clusterIP}']
  const { stdout: server, exitCode } = await tryKubectl(api, query)
  if (exitCode !== 0 || server === '') return 'the service kube-dns has no address'
  const name = `kubernetes.default.svc.${dnsDomain}`
  const question = streamEncode({ type: 'query', id: QUERY_ID, questions: [{ type: 'A', name }] })
  const { stdoutBytes } = await api.session.run(script(ASK, server, String(ANSWER_HEAD)), {
    root: true,
    stdin: question,
  })
  return hasAnswer(stdoutBytes) ? undefined : `${server} does not answer for ${name}`
}

function hasAnswer(bytes: Buffer): boolean {
  if (bytes.length < ANSWER_HEAD) return false
  const header = bytes.subarray(2)
  const flags = header.readUInt16BE(2)
  const isAnswer = header.readUInt16BE(0) === QUERY_ID && (flags & 0x8000) !== 0
  return isAnswer && (flags & 0x000f) === 0 && header.readUInt16BE(6) > 0
}
