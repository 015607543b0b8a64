/** Options of a reset that fit together. */
import { QuorateError } from '../../errors/index.js'
import { refuseTogether } from './exclusive.js'

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
