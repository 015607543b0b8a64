/** `quorate kubeconfig`: print the administrator's kubeconfig, write it, or add it to the one that kubectl uses. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { QuorateError } from '../../errors/index.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import type { AdminAccess } from '../../client/kubeconfig/check.js'

interface KubeconfigOptions {
  readonly output?: string
  readonly merge?: true
  readonly context?: string
  readonly setCurrent?: true
  readonly force?: true
}

const EXAMPLES = `
Examples:
  $ quorate kubeconfig prod --merge               add it to ~/.kube/config, as the context prod
  $ quorate kubeconfig prod --merge --set-current and make kubectl use it
  $ quorate kubeconfig prod -o ~/.kube/prod       a file of its own
`

export function kubeconfigCommand(): CommandUnknownOpts {
  const command = new Command('kubeconfig')
    .description(
      "Prints the administrator's kubeconfig, read over SSH from a control plane; it is a secret. Files are written " +
        'so that only you may read them. With a name the hosts are taken from the latest apply, otherwise from the ' +
        'cluster file.',
    )
    .addHelpText('after', EXAMPLES)
    .argument('[cluster]', 'name of a cluster that was applied')
    .option('-o, --output <path>', 'write it to a new file')
    .option('--merge', 'merge it into a kubeconfig: the file of --output, or the one that kubectl uses')
    .option(
      '--context <name>',
      'name for the context, cluster and user there (default: the name of the cluster)',
    )
    .option('--set-current', 'with --merge: make it the current context')
    .option('--force', 'overwrite a file, or with --merge another cluster of the same name')
  command.action((name, options) => exitWith(kubeconfig(contextOf(command), name, options)))
  return command
}

async function kubeconfig(
  context: Context,
  name: string | undefined,
  options: KubeconfigOptions,
): Promise<ExitCode> {
  checkOptions(options)
  const { findCluster } = await import('../find-cluster.js')
  const cluster = await findCluster(context, name)
  const { fetchAdminAccess } = await import('../../client/over-ssh.js')
  const access = await fetchAdminAccess(cluster)
  const called = options.context ?? cluster.name
  if (options.merge === true || options.output !== undefined) {
    const path = await store(access, called, options)
    tell(context, cluster.name, called, path, options)
    return EXIT.done
  }
  const { renderKubeconfig } = await import('../../client/kubeconfig/check.js')
  const content = renderKubeconfig(access, called)
  if (context.json) context.io.json({ cluster: cluster.name, kubeconfig: content })
  else context.io.data(content.trimEnd())
  return EXIT.done
}

function checkOptions({ output, merge, setCurrent, force }: KubeconfigOptions): void {
  if (setCurrent === true && merge !== true) throw needless('--set-current', '--merge')
  if (force === true && merge !== true && output === undefined)
    throw needless('--force', '--output or --merge')
}

function needless(option: string, needs: string): QuorateError {
  return new QuorateError('USAGE', `${option} needs ${needs}`, {
    hint: 'see `quorate kubeconfig --help`',
  })
}

async function store(
  access: AdminAccess,
  name: string,
  { output, merge, setCurrent, force }: KubeconfigOptions,
): Promise<string> {
  const [
    { renderKubeconfig },
    { mergeKubeconfig },
    { defaultKubeconfig },
    { changeKubeconfig, writeKubeconfig },
  ] = await Promise.all([
    import('../../client/kubeconfig/check.js'),
    import('../../client/kubeconfig/merge.js'),
    import('../../client/kubeconfig/place.js'),
    import('../../client/kubeconfig/write.js'),
  ])
  const path = output ?? defaultKubeconfig(process.env)
  if (merge !== true) {
    writeKubeconfig(path, renderKubeconfig(access, name), { force: force === true })
    return path
  }
  const options = { name, path, setCurrent: setCurrent === true, force: force === true }
  changeKubeconfig(path, (text) => mergeKubeconfig(text, access, options))
  return path
}

function tell(
  { io, json }: Context,
  cluster: string,
  name: string,
  path: string,
  { merge, setCurrent }: KubeconfigOptions,
): void {
  if (json) {
    io.json({ cluster, context: name, path })
    return
  }
  if (merge !== true) {
    io.note(`written to ${path}; use it with KUBECONFIG=${path}`)
    return
  }
  const use = setCurrent === true ? 'kubectl uses it now' : `use it with \`kubectl --context ${name}\``
  io.note(`${path} has it as the context ${name}; ${use}`)
}
