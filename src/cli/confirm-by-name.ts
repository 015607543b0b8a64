/** What stands between a command and the state of a cluster: its name, typed by a person. */
import type { Cluster } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { plainLine } from '../values/plain-text.js'

/** What is confirmed. */
export interface Confirmation {
  /** What the command does, e.g. `destroying a cluster`. */
  readonly doing: string
  /** What the name is typed for, e.g. `destroy it`. */
  readonly purpose: string
  /** The option that takes the name where nobody can be asked. */
  readonly option: string
}

export const DESTROY: Confirmation = {
  doing: 'destroying a cluster',
  purpose: 'destroy it',
  option: '--yes-destroy',
}

export const RESTORE: Confirmation = {
  doing: 'replacing the state of a cluster',
  purpose: 'replace its state',
  option: '--yes-restore',
}

/** Where nobody can be asked, the name must come with the command. */
export function nobodyToAsk({ name }: Cluster, { doing, option }: Confirmation): QuorateError {
  return new QuorateError('USAGE', `${doing} must be confirmed, and nobody can be asked here`, {
    hint: `\`${option} ${name}\` confirms it; --plan shows what would be lost`,
  })
}

/** Whether the person at the terminal has typed the name of the cluster. */
export async function askForName({ name }: Cluster, { purpose }: Confirmation): Promise<boolean> {
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: `Type the name of the cluster to ${purpose} (${plainLine(name)}); anything else ends this.`,
  })
  return !isCancel(answer) && isSameName(answer, name)
}

/** Blanks around a name that was copied do not matter; everything else does. */
export function isSameName(typed: string, name: string): boolean {
  return typed.trim() === name
}
