/** `quorate kubectl`: kubectl on a control plane, where the endpoint cannot be reached or no kubeconfig is at hand. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { buffer } from 'node:stream/consumers'
import { contextOf, type Context } from '../../context.js'
import { exitWith } from '../../exit.js'
import { splitAtDashes } from '../../options/after-dashes.js'

const EXAMPLE = 'quorate kubectl prod -- get nodes -o wide'

const EXAMPLES = `
It cannot talk to a program in a pod (exec -it) and opens no port here (port-forward): for these, and for work that
goes on for days, take the kubeconfig (\`quorate kubeconfig --merge\`). A file is one of the control plane; to apply
one of yours, send it: \`quorate kubectl -- apply -f - < app.yaml\`.

Examples:
  $ ${EXAMPLE}
  $ quorate kubectl -- logs -n kube-system -l k8s-app=kube-dns -f
`

/** How arguments say that a file comes from standard input. */
const READS_STDIN = /^(-|-f-|--filename=-)$/

export function kubectlCommand(): CommandUnknownOpts {
  const command = new Command('kubectl')
    .description(
      'Runs kubectl on a control plane over SSH, as the administrator. The exit code is that of kubectl.',
    )
    .addHelpText('after', EXAMPLES)
    .usage('[cluster] -- ARGUMENTS…')
    .argument('[words...]', "name of a cluster that was applied, then -- and kubectl's arguments")
  command.action((words) => exitWith(kubectl(contextOf(command), words)))
  return command
}

async function kubectl(context: Context, words: readonly string[]): Promise<number> {
  const { first, after } = splitAtDashes(words, process.argv, EXAMPLE)
  const { findCluster } = await import('../../find-cluster.js')
  const cluster = await findCluster(context, first)
  const { kubectlOnControlPlane } = await import('../../../client/over-ssh.js')
  const stdin = after.some((word) => READS_STDIN.test(word)) ? await buffer(process.stdin) : undefined
  const { exitCode, stderr } = await kubectlOnControlPlane(cluster, after, {
    onStdout: (chunk) => context.io.raw(chunk),
    ...(stdin === undefined ? {} : { stdin }),
  })
  if (stderr !== '') context.io.note(stderr.trimEnd())
  return exitCode
}
