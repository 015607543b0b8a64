/** `quorate ssh`: OpenSSH's own client on the way that the cluster file describes. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QuorateError } from '../../../errors/index.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith } from '../../exit.js'
import { chosenHosts } from '../../options/hosts.js'

const EXAMPLES = `
Examples:
  $ quorate ssh cp1
  $ quorate ssh w3 --cluster prod
  $ quorate ssh cp1 -- sudo crictl ps
`

export function sshCommand(): CommandUnknownOpts {
  const command = new Command('ssh')
    .description(
      "Logs in to a host of the cluster with OpenSSH's ssh, on the way that Quorate takes: user, keys, known_hosts, " +
        'pinned key, and jump hosts are those of the cluster file.',
    )
    .addHelpText('after', EXAMPLES)
    .usage('HOST [options] [-- COMMAND…]')
    .argument('<host>', 'a host of the cluster')
    .argument('[command...]', 'run this instead of a shell')
    .option('--cluster <name>', 'name of a cluster that was applied (default: the one in the cluster file)')
  command.action((host, words, options) => exitWith(logIn(contextOf(command), host, words, options)))
  return command
}

async function logIn(
  context: Context,
  name: string,
  words: readonly string[],
  options: { readonly cluster?: string },
): Promise<number> {
  const { findCluster } = await import('../../find-cluster.js')
  const cluster = await findCluster(context, options.cluster)
  const [host] = chosenHosts(cluster, { host: [name] })
  if (host === undefined) return EXIT.usage
  const { openSshConfig } = await import('../../../client/over-ssh.js')
  const folder = mkdtempSync(join(tmpdir(), 'quorate-ssh-'))
  try {
    const config = join(folder, 'config')
    writeFileSync(config, await openSshConfig(host), { mode: 0o600 })
    return await runSsh(['-F', config, host.name, ...words])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Ctrl-C is for the other side. */
function runSsh(args: readonly string[]): Promise<number> {
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  return new Promise<number>((resolve, reject) => {
    const ssh = spawn('ssh', args, { stdio: 'inherit' })
    ssh.once('error', (cause) => reject(noSsh(cause)))
    ssh.once('close', (code) => resolve(code ?? EXIT.failed))
  }).finally(() => process.off('SIGINT', ignore))
}

function noSsh(cause: Error): QuorateError {
  return new QuorateError('USAGE', `ssh cannot be started: ${cause.message}`, {
    cause,
    hint: 'install the OpenSSH client; `quorate exec` needs none',
  })
}
