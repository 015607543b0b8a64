/** `quorate kubeconfig`: print the administrator's kubeconfig. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function kubeconfigCommand(): CommandUnknownOpts {
  const command = new Command('kubeconfig')
    .description(
      "Prints the administrator's kubeconfig, read over SSH from a control plane; it is a secret. " +
        'With a name the hosts are taken from the latest apply, otherwise from the cluster file.',
    )
    .argument('[cluster]', 'name of a cluster that was applied')
    .option('-o, --output <path>', 'write it to a file that only its owner may read')
  command.action((name, { output }) => exitWith(kubeconfig(contextOf(command), name, output)))
  return command
}

async function kubeconfig(
  context: Context,
  name: string | undefined,
  output: string | undefined,
): Promise<ExitCode> {
  const { findCluster } = await import('../find-cluster.js')
  const cluster = await findCluster(context, name)
  const { fetchKubeconfig } = await import('../../client.js')
  const content = await fetchKubeconfig(cluster)
  if (output === undefined) {
    context.io.out(
      context.json ? JSON.stringify({ cluster: cluster.name, kubeconfig: content }) : content.trimEnd(),
    )
    return EXIT.done
  }
  const { writeFileSync } = await import('node:fs')
  writeFileSync(output, content, { mode: 0o600 })
  context.io.note(`written to ${output}; use it with KUBECONFIG=${output}`)
  return EXIT.done
}
