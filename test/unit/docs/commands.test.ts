/** Pages that are followed when something is broken: every command in them exists, with every option that is named. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import { describe, expect, it } from 'vitest'
import { buildWholeProgram } from '../../../src/cli/program.js'
import { PROJECT } from '../../support/process.js'

const PAGES = ['docs/first-year.md', 'docs/engine.md']
const program = await buildWholeProgram()

/** The command lines of a page: in code, and at prompts. */
function commandLines(page: string): readonly string[] {
  const text = readFileSync(join(PROJECT, page), 'utf8')
  const inline = [...text.matchAll(/`(quorate [^`]+)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' '))
  const prompts = [...text.matchAll(/^ *\$ (quorate [^#\n]+)/gm)].map(([, line = '']) => line.trim())
  return [...new Set([...inline, ...prompts])]
}

/** What of the line the program does not have; undefined if it has everything. */
function unknownIn(line: string): string | undefined {
  const [, ...words] = line.split(' ')
  let command: CommandUnknownOpts = program
  while (words.length > 0) {
    const child = command.commands.find((one) => one.name() === words[0])
    if (child === undefined) break
    command = child
    words.shift()
  }
  if (
    command.commands.length > 0 &&
    words.length > 0 &&
    !words[0]?.startsWith('-') &&
    !takesArguments(command)
  )
    return words[0]
  const options = [...command.options, ...program.options].map(({ long }) => long)
  return words.find((word) => word.startsWith('--') && !options.includes(word))
}

function takesArguments({ registeredArguments }: CommandUnknownOpts): boolean {
  return registeredArguments.length > 0
}

describe.each(PAGES)('%s', (page) => {
  it.each(commandLines(page))('%s', (line) => {
    expect(unknownIn(line)).toBeUndefined()
  })
})

it('a command or an option that does not exist is found', () => {
  expect(['quorate heal', 'quorate etcd snapshots', 'quorate plan --dead cp1'].map(unknownIn)).toEqual([
    'heal',
    'snapshots',
    '--dead',
  ])
})
