/** `quorate certificates`: show every certificate of a cluster, when it ends, and whether it is in use. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { parsePeriod } from '../options/duration.js'

interface CertificatesOptions {
  /** Milliseconds. */
  readonly within?: number
}

export function certificatesCommand(): CommandUnknownOpts {
  const command = new Command('certificates')
    .description(
      'Reads the certificates of every host over SSH, and compares them with what components serve. Changes nothing; ' +
        'private keys stay on the hosts. Exit code 1 if a host does not answer.',
    )
    .option(
      '--within <time>',
      'exit with code 4 if a certificate ends within this time, such as 60d or 12h',
      parsePeriod,
    )
  command.action((options) => exitWith(certificates(contextOf(command), options)))
  return command
}

async function certificates(context: Context, { within }: CertificatesOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { fetchCertificates } = await import('../../client/over-ssh.js')
  const found = await fetchCertificates(cluster)
  if (context.json) context.io.json({ cluster: cluster.name, ...found })
  else {
    const { renderCertificates } = await import('../output/certificates.js')
    renderCertificates(cluster.name, found, context.io.style).forEach((line) => context.io.out(line))
  }
  if (within !== undefined && found.certificates.some(({ leftMs }) => leftMs <= within)) return EXIT.ending
  return found.unreachable.length > 0 ? EXIT.failed : EXIT.done
}
