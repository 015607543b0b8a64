/** The questions of `quorate init` on a terminal, for what no flag has said. */
import { cancel, intro, isCancel, outro, text } from '@clack/prompts'
import type { AnsweredHost } from '../../cluster/cluster-file/render.js'
import { isQuorateError } from '../../errors/index.js'
import { defaultVersion, parseHosts, type InitOptions } from './answers.js'

type Validate = (answer: string | undefined) => string | undefined

/** Thrown by Ctrl-C within a question. */
class GivenUp extends Error {}

/** Asks; undefined when the person gave up with Ctrl-C. */
export async function ask(options: InitOptions): Promise<InitOptions | undefined> {
  intro('A new cluster file. Every answer can be changed in it later.')
  try {
    const answers = await askAll(options)
    outro('That is all.')
    return answers
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error
    cancel('Given up.')
    return undefined
  }
}

async function askAll(given: InitOptions): Promise<InitOptions> {
  const name = given.name ?? (await askText('Name of the cluster', 'prod', required))
  const controlPlane =
    given.controlPlane ??
    (await askHosts('control-plane', 'Control planes as name=address; three make a quorum', true))
  const worker = given.worker ?? (await askHosts('worker', 'Workers as name=address', false))
  const loadBalancer =
    given.loadBalancer ??
    (await askHosts('load-balancer', 'Hosts for haproxy as name=address; none if you have a balancer', false))
  const endpoint =
    given.endpoint ??
    (await askText(
      'Name by which the API is reached, leading to the load balancer',
      endpointFor(name, loadBalancer),
      required,
    ))
  const user = given.user ?? (await askText('Login name on the hosts', 'root', required))
  const identityFile =
    given.identityFile ?? (await askText('Private key; empty for the keys in ssh-agent', ''))
  const kubernetesVersion =
    given.kubernetesVersion ?? (await askText('Kubernetes version', defaultVersion(), required))
  return {
    ...given,
    name,
    controlPlane,
    worker,
    loadBalancer,
    endpoint,
    user,
    kubernetesVersion,
    ...(identityFile === '' ? {} : { identityFile }),
  }
}

async function askText(message: string, initialValue: string, validate?: Validate): Promise<string> {
  const answer: unknown = await text({
    message,
    initialValue,
    ...(validate === undefined ? {} : { validate }),
  })
  if (isCancel(answer)) throw new GivenUp()
  // An answer that was left empty is undefined.
  return typeof answer === 'string' ? answer.trim() : ''
}

async function askHosts(role: AnsweredHost['role'], message: string, isRequired: boolean): Promise<string[]> {
  const validate: Validate = (answer) => {
    try {
      const hosts = parseHosts(role, [answer ?? ''])
      return hosts.length === 0 && isRequired ? 'at least one is needed, such as cp1=10.0.0.11' : undefined
    } catch (error) {
      return isQuorateError(error) ? error.message : String(error)
    }
  }
  return [await askText(message, '', validate)]
}

function endpointFor(name: string, loadBalancer: readonly string[]): string {
  const [first] = parseHosts('load-balancer', loadBalancer)
  return first === undefined ? `api.${name}.example.com:6443` : `${first.address}:6443`
}

function required(answer: string | undefined): string | undefined {
  return answer === undefined || answer.trim() === '' ? 'this is needed' : undefined
}
