/** `quorate kubeconfig`: print the administrator's kubeconfig. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Cluster } from '../../cluster/model.js'
import { contextOf, DEFAULT_FILE, type Context } from '../context.js'
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

/** A file that is named is used, whatever was applied. */
async function findCluster(context: Context, name: string | undefined): Promise<Cluster> {
  const { parseFile, clusterOfLastApply } = await import('../load-cluster.js')
  if (name === undefined || context.file !== undefined) {
    return (await parseFile(context.file ?? DEFAULT_FILE)).cluster
  }
  const { createClient } = await import('../../client.js')
  const client = await createClient({ ...context.temporal, startsOperations: false })
  try {
    return await clusterOfLastApply(client, name)
  } finally {
    await client.close()
  }
}
