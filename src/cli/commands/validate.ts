/** `quorate validate`: check the cluster file, without touching a host. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { ClusterFileProblem } from '../../cluster-file/problem.js'
import type { Cluster } from '../../cluster/model.js'
import { count } from '../../values/words.js'
import { QuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { contextOf, DEFAULT_FILE, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

export function validateCommand(): CommandUnknownOpts {
  const command = new Command('validate')
    .description(
      'Checks the cluster file and prints every problem with its line and column. Touches no host.',
    )
    .argument('[file]', 'cluster file (the same as -f)')
  command.action((file) => exitWith(validate(contextOf(command), file)))
  return command
}

async function validate(context: Context, argument: string | undefined): Promise<ExitCode> {
  const { io, json } = context
  if (argument !== undefined && context.file !== undefined) {
    throw new QuorateError('USAGE', `two files are named: ${context.file} and ${argument}`, {
      hint: 'name the file once: `quorate validate FILE`, or with -f',
    })
  }
  const path = argument ?? context.file ?? DEFAULT_FILE
  const [{ readCluster }, { ClusterFileError, formatProblem }] = await Promise.all([
    import('../load-cluster.js'),
    import('../../cluster-file/problem.js'),
  ])
  try {
    const warnings: ClusterFileProblem[] = []
    const cluster = await readCluster(path, { onWarning: (warning) => warnings.push(warning) })
    if (json) io.json({ valid: true, problems: [], warnings, cluster })
    else {
      for (const warning of warnings) io.note(`${io.style.yellow('⚠')} ${plainLine(formatProblem(warning))}`)
      io.out(`${io.style.green('✔')} ${plainLine(path)} is valid: ${describe(cluster)}`)
    }
    return EXIT.done
  } catch (error) {
    if (!(error instanceof ClusterFileError)) throw error
    if (json) io.json({ valid: false, problems: error.fileProblems, warnings: [] })
    else {
      for (const problem of error.fileProblems)
        io.note(`${io.style.red('✘')} ${plainLine(formatProblem(problem))}`)
      io.note(error.message)
    }
    return EXIT.usage
  }
}

function describe({ name, kubernetes, hosts }: Cluster): string {
  const roles = new Map<string, number>()
  for (const { role } of hosts) roles.set(role, (roles.get(role) ?? 0) + 1)
  const counts = [...roles].map(([role, number]) => count(number, role.replace('-', ' ')))
  return `cluster ${name}, Kubernetes ${kubernetes.version}, ${counts.join(', ')}`
}
