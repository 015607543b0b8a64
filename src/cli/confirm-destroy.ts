/** What stands between a command and the end of a cluster: options that fit, and its name, typed by a person. */
import type { Cluster } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { plainLine } from '../values/plain-text.js'
import { refuseTogether } from './options/exclusive.js'

/** What was asked for. */
interface Asked {
  readonly hosts: readonly string[]
  readonly all: boolean
}

/** The options that concern the confirmation. */
interface Options {
  readonly yes?: true
  readonly yesDestroy?: string
  readonly plan?: true
}

/** @throws QuorateError `USAGE` for what cannot be meant. */
export function refuseResetOptions({ hosts, all }: Asked, options: Options): void {
  const { yes, yesDestroy, plan } = options
  refuseTogether(options, [])
  const twice = hosts.find((name, index) => hosts.indexOf(name) !== index)
  const mistakes: readonly (readonly [boolean, string])[] = [
    [all && hosts.length > 0, 'name hosts, or say --all: not both'],
    [!all && hosts.length === 0, 'name the hosts to reset, or say --all for the whole cluster'],
    [twice !== undefined, `${twice ?? ''} is named twice`],
    [all && yes === true, '--yes is not enough for --all: say --yes-destroy with the name of the cluster'],
    [!all && yesDestroy !== undefined, '--yes-destroy is for --all: hosts need only --yes'],
    [plan === true && yesDestroy !== undefined, '--plan changes nothing, so there is nothing to confirm'],
  ]
  const [found] = mistakes.filter(([applies]) => applies)
  if (found !== undefined) throw new QuorateError('USAGE', found[1])
}

/** Where nobody can be asked, the name must come with the command. */
export function nobodyToAsk({ name }: Cluster): QuorateError {
  return new QuorateError('USAGE', 'destroying a cluster must be confirmed, and nobody can be asked here', {
    hint: `\`--yes-destroy ${name}\` confirms it; --plan shows what would be lost`,
  })
}

/** Whether the person at the terminal has typed the name of the cluster. */
export async function askForName({ name }: Cluster): Promise<boolean> {
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: `Type the name of the cluster to destroy it (${plainLine(name)}); anything else ends this.`,
  })
  return !isCancel(answer) && isSameName(answer, name)
}

/** Blanks around a name that was copied do not matter; everything else does. */
export function isSameName(typed: string, name: string): boolean {
  return typed.trim() === name
}
