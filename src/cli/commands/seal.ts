/** `quorate seal`: the key file by which clients and workers recognise each other. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { resolve } from 'node:path'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

export function sealCommand(): CommandUnknownOpts {
  return new Command('seal')
    .description(
      'Workers do only what is sealed with their key, no matter who else can reach the Temporal server. The embedded engine ' +
        'has its own key. For other servers create a key file, give it to every command and worker, and name it in ' +
        'QUORATE_SEAL_KEY_FILE.',
    )
    .addCommand(createCommand())
    .addCommand(rotateCommand())
}

function createCommand(): CommandUnknownOpts {
  const command = new Command('create')
    .description('create a key file with a new key, readable only by you')
    .argument('<file>', 'path of the key file')
    .option('--encrypt', "encrypt payloads, so that Temporal's histories are readable only with the key")
  command.action((file, { encrypt }) => exitWith(create(contextOf(command), file, encrypt === true)))
  return command
}

function rotateCommand(): CommandUnknownOpts {
  const command = new Command('rotate')
    .description(
      'add a new key, which seals from now on; the old ones still open what they have sealed. Running workers ' +
        'read the file again within seconds. If workers have copies of the file, add the key with --standby, copy ' +
        'the file to all of them, then switch to the key with --first',
    )
    .argument('<file>', 'path of the key file')
    .option('--standby', 'add the new key only to open payloads, not to seal them')
    .option('--first <id>', 'seal with this key of the file; adds no new one')
    .option('--drop <id...>', 'remove keys; what they have sealed is refused from then on')
  command.action((file, options) => exitWith(rotate(contextOf(command), file, options)))
  return command
}

async function create({ io, json }: Context, file: string, encrypt: boolean): Promise<ExitCode> {
  const { createKeyFile } = await import('../../client/seal-keys.js')
  const path = resolve(file)
  const { keys } = createKeyFile(path, encrypt)
  const ids = keys.map(({ id }) => id)
  if (json) {
    io.out(JSON.stringify({ file: path, keys: ids, encrypt }))
    return EXIT.done
  }
  io.out(`${path} has the key ${ids.join()}`)
  io.out(io.style.dim(`name it for commands and workers alike: export QUORATE_SEAL_KEY_FILE=${path}`))
  return EXIT.done
}

async function rotate(
  { io, json }: Context,
  file: string,
  options: { standby?: true; first?: string; drop?: string[] },
): Promise<ExitCode> {
  const { rotateKeyFile } = await import('../../client/seal-keys.js')
  const path = resolve(file)
  const ids = rotateKeyFile(path, options)
  const [first, ...others] = ids
  if (json) io.out(JSON.stringify({ file: path, keys: ids }))
  else {
    const opening = others.length === 0 ? '' : `; ${others.join(', ')} only open`
    io.out(`${path}: key ${first ?? ''} seals${opening}`)
  }
  return EXIT.done
}
