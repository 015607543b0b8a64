/** The questions of `quorate init` on a terminal, for what no flag has said. */
import { cancel, intro, isCancel, outro, select, text } from '@clack/prompts'
import { defaultVersion, parseHosts, type InitOptions } from './answers.js'
import { problemOf, type Question } from './check.js'

/** Thrown when Ctrl-C ends a question. */
class GivenUp extends Error {}

/** Asks; undefined when the person gave up with Ctrl-C. */
export async function ask(options: InitOptions): Promise<InitOptions | undefined> {
  intro('This writes a new cluster file. You can change every answer in it later.')
  try {
    const answers = await askAll(options)
    outro('Done.')
    return answers
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error
    cancel('Cancelled.')
    return undefined
  }
}

async function askAll(given: InitOptions): Promise<InitOptions> {
  let answers: InitOptions = given
  for (const { question, ...asked } of QUESTIONS) {
    if (answers[question] !== undefined) continue
    const answer = await askOne(question, asked, answers)
    if (answer !== undefined) answers = { ...answers, [question]: answer }
  }
  return answers
}

interface Asked {
  readonly message: string
  /** Shown in grey where nothing is typed yet. */
  readonly example?: (answers: InitOptions) => string
  /** Whether the example is the answer where nothing is typed. */
  readonly isDefault?: true
  /** Whether there may be no answer. */
  readonly isOptional?: true
  /** Whether there may be several, separated by blanks or commas. */
  readonly isList?: true
}

const SEPARATED = 'as name=address, separated by spaces'

const QUESTIONS: readonly (Asked & { readonly question: Question })[] = [
  { question: 'name', message: 'Name of the cluster', example: () => 'prod', isDefault: true },
  {
    question: 'controlPlane',
    message: `Control planes ${SEPARATED}; with three, the cluster survives the loss of one`,
    example: () => 'cp1=10.0.0.11 cp2=10.0.0.12 cp3=10.0.0.13',
    isList: true,
  },
  {
    question: 'worker',
    message: `Workers ${SEPARATED}; none is fine, too`,
    example: () => 'w1=10.0.0.21 w2=10.0.0.22',
    isOptional: true,
    isList: true,
  },
  {
    question: 'loadBalancer',
    message: `Hosts that Quorate runs haproxy on, ${SEPARATED}; none if you have a load balancer`,
    example: () => 'lb1=10.0.0.5',
    isOptional: true,
    isList: true,
  },
  {
    question: 'endpoint',
    message: 'Name of the API endpoint; it must resolve to the load balancer, and cannot be changed later',
    example: ({ name, loadBalancer }) => endpointFor(name ?? 'prod', loadBalancer ?? []),
    isDefault: true,
  },
  { question: 'user', message: 'Login name on the hosts', example: () => 'root', isDefault: true },
  {
    question: 'identityFile',
    message: 'Private key to log in with; empty for the keys in ssh-agent',
    example: () => '~/.ssh/id_ed25519',
    isOptional: true,
  },
  { question: 'hostKeyChecking', message: 'How should host keys be checked?' },
  {
    question: 'kubernetesVersion',
    message: 'Kubernetes version',
    example: () => defaultVersion(),
    isDefault: true,
  },
]

async function askOne(
  question: Question,
  { message, example, isDefault, isOptional, isList }: Asked,
  answers: InitOptions,
): Promise<string | readonly string[] | undefined> {
  if (question === 'hostKeyChecking') return askHostKeyChecking(message)
  const shown = example?.(answers) ?? ''
  const validate = (answer: string | undefined): string | undefined => {
    const typed = (answer ?? '').trim()
    if (typed !== '') return problemOf(question, isList === true ? [typed] : typed, answers)
    return isDefault === true || isOptional === true ? undefined : `required, e.g. ${shown}`
  }
  // What is typed takes the example's place: only an answer that is left empty becomes the default.
  const answer: unknown = await text({ message, placeholder: shown, validate })
  if (isCancel(answer)) throw new GivenUp()
  const typed = typeof answer === 'string' ? answer.trim() : ''
  if (typed === '') return isDefault === true ? shown : undefined
  return isList === true ? [typed] : typed
}

async function askHostKeyChecking(message: string): Promise<string> {
  const answer: unknown = await select({
    message,
    options: [
      {
        value: 'strict',
        label: 'strict: known_hosts has them',
        hint: 'for a new host, run `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console, compare, and add its line',
      },
      {
        value: 'accept-new',
        label: 'accept-new: learn each at the first connection',
        hint: 'trusts whoever answers at the address then',
      },
    ],
  })
  if (isCancel(answer)) throw new GivenUp()
  return String(answer)
}

function endpointFor(name: string, loadBalancer: readonly string[]): string {
  const [first] = parseHosts('load-balancer', loadBalancer)
  return first === undefined ? `api.${name}.example.com:6443` : `${first.address}:6443`
}
