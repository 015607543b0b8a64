/** `quorate schema`: the JSON Schema of the cluster file, for editors. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

export function schemaCommand(): CommandUnknownOpts {
  const command = new Command('schema').description(
    'Prints the JSON Schema of the cluster file. Editors with the YAML language server read it from a first line:\n' +
      '  # yaml-language-server: $schema=./cluster.schema.json',
  )
  command.action(() => exitWith(schema(contextOf(command))))
  return command
}

async function schema({ io }: Context): Promise<ExitCode> {
  const { clusterFileJsonSchema } = await import('../../cluster-file/json-schema.js')
  io.json(clusterFileJsonSchema(), 2)
  return EXIT.done
}
