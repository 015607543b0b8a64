/** A service of the load balancer and its one file, which the service's own program judges before it takes effect. */
import { QuorateError } from '../errors/index.js'
import { command, expectSuccess, lastLines, type Command } from '../ssh/index.js'
import { ensureService } from './service.js'
import type { Step } from './step.js'

/** A service and what it is to read. */
export interface BalancerService {
  /** Of systemd; also the program's name. */
  readonly service: string
  readonly path: string
  readonly mode: number
  readonly content: string
  /** The command by which the program judges a file. */
  readonly check: (path: string) => Command
}

/**
 * Makes the service run with this configuration, now and after a boot; one that runs takes it up without a cut. A
 * configuration that the program rejects never takes the place of one that works.
 * @returns false when it did already.
 * @throws QuorateError `SERVICE_NOT_RUNNING` for a configuration that is rejected.
 */
export async function configureService(step: Step, wanted: BalancerService): Promise<boolean> {
  const { service, path, content } = wanted
  const current = await step.session.readFile(path)
  const isWritten = current?.toString() === content
  if (!isWritten) await writeConfiguration(step, wanted)
  const loaded = await ensureService(step, {
    name: service,
    configuration: path,
    action: 'reload-or-restart',
  })
  return !isWritten || loaded
}

async function writeConfiguration(step: Step, wanted: BalancerService): Promise<void> {
  const { session, host } = step
  const { service, path, mode, content, check } = wanted
  const candidate = `${path}.quorate`
  await session.writeFile(candidate, content, { mode })
  const judged = await session.run(check(candidate), { root: true })
  if (judged.exitCode !== 0) {
    throw new QuorateError('SERVICE_NOT_RUNNING', `${service} does not accept its configuration`, {
      host: host.name,
      step: 'load balancer',
      output: lastLines(judged.stderr),
    })
  }
  const replaced = await session.run(command('mv', candidate, path), { root: true })
  expectSuccess(replaced, `replacing ${path}`, host)
}
