/** `quorate notifications`: who is told when a run needs somebody or has ended. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { TestedNotification } from '../../../client/notifications/test.js'
import { QuorateError } from '../../../errors/index.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import type { Style } from '../../io.js'

const MEANING = `
spec.notifications of the cluster file names webhooks and commands that are told when a run waits for a decision or has ended,
and when what is done by the clock has found something. docs/notifications.md tells more.
`

export function notificationsCommand(): CommandUnknownOpts {
  return new Command('notifications')
    .description('Tries who is told when a run needs somebody or has ended.')
    .addHelpText('after', MEANING)
    .addCommand(testCommand())
}

function testCommand(): CommandUnknownOpts {
  const command = new Command('test')
    .summary('send a test event to each destination of the cluster file')
    .description(
      'Sends a test event to each destination in spec.notifications of the cluster file, once, from where the worker runs, ' +
        'and shows what each has answered. Exit code 1 if one did not take it.',
    )
  command.action(() => exitWith(test(contextOf(command))))
  return command
}

async function test(context: Context): Promise<ExitCode> {
  const [{ loadCluster }, { withClient }] = await Promise.all([
    import('../../load-cluster.js'),
    import('../../open-operation.js'),
  ])
  const cluster = await loadCluster(context)
  if ((cluster.notifications ?? []).length === 0) {
    throw new QuorateError('USAGE', `the cluster file of ${cluster.name} has no spec.notifications`, {
      hint: 'add an entry with webhook or command; docs/notifications.md shows some',
    })
  }
  const tested = await withClient(context, 'plan', (client) => client.testNotifications(cluster))
  if (context.json) context.io.json({ cluster: cluster.name, notifications: tested })
  else tested.flatMap((one) => renderTested(one, context.io.style)).forEach((line) => context.io.out(line))
  return tested.some(({ error }) => error !== undefined) ? EXIT.failed : EXIT.done
}

function renderTested({ to, answer = '', error }: TestedNotification, style: Style): readonly string[] {
  if (error === undefined) return [`${style.green('✔')} ${plainLine(to)} ${answer}`]
  return [
    `${style.red('✖')} ${plainLine(to)}: ${plainLine(error.message)}`,
    `  ${style.cyan('→')} ${plainLine(error.hint)}`,
  ]
}
