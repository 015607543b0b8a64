/** Completion scripts for shells, written from the program's own commands and options. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Word {
  readonly word: string
  readonly description: string
}

/** A command by its words, e.g. `engine logs`, with what may follow. */
interface Node {
  readonly words: readonly string[]
  readonly next: readonly Word[]
}

/** The script that makes `shell` complete the program's command lines. */
export function completionScript(program: CommandUnknownOpts, shell: Shell): string {
  const nodes = collect(program, [])
  switch (shell) {
    case 'bash':
      return bash(nodes)
    case 'zsh':
      return zsh(nodes)
    case 'fish':
      return fish(nodes)
  }
}

function collect(
  command: CommandUnknownOpts,
  words: readonly string[],
  inherited: readonly Word[] = [],
): Node[] {
  const options = [...optionsOf(command), ...inherited]
  const children = command.commands.filter((child) => child.name() !== 'help')
  const choices = command.registeredArguments
    .flatMap(({ argChoices }) => argChoices ?? [])
    .map((word) => ({ word, description: '' }))
  const names = children.map((child) => ({
    word: child.name(),
    description: child.summary() || child.description(),
  }))
  return [
    { words, next: [...names, ...choices, ...options] },
    ...children.flatMap((child) => collect(child, [...words, child.name()], options)),
  ]
}

function optionsOf(command: CommandUnknownOpts): Word[] {
  return command.options
    .filter((option) => !option.hidden)
    .flatMap(({ long, description }) => (long === undefined ? [] : [{ word: long, description }]))
}

const HEAD = '# Completion of quorate; made by `quorate completion`.'

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(
    ({ words, next }) => `    '${words.join(' ')}') next='${next.map(({ word }) => word).join(' ')}' ;;`,
  )
  return `${HEAD}
_quorate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' next='' word
  case $previous in
    -f|--file|-o|--output|--identity-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${commandPaths(nodes)}) path="\${path:+$path }$word" ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "$current"))
}
complete -F _quorate quorate
`
}

function zsh(nodes: readonly Node[]): string {
  const cases = nodes.map(({ words, next }) => {
    const entries = next.map(({ word, description }) => `'${word}:${plain(description)}'`)
    return `    '${words.join(' ')}') next=(${entries.join(' ')}) ;;`
  })
  return `#compdef quorate
${HEAD}
_quorate() {
  local chain='' word
  local -a next
  case \${words[CURRENT-1]} in
    -f|--file|-o|--output|--identity-file) _files; return ;;
  esac
  for word in \${words[2,CURRENT-1]}; do
    case "\${chain:+$chain }$word" in
      ${commandPaths(nodes)}) chain="\${chain:+$chain }$word" ;;
    esac
  done
  case $chain in
${cases.join('\n')}
  esac
  _describe -o quorate next
}
compdef _quorate quorate
`
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ words, next }) => {
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    const condition = words.length === 0 ? '__fish_use_subcommand' : seen.join('; and ')
    return next.map(({ word, description }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      const files = ['--file', '--output', '--identity-file'].includes(word) ? ' -r -F' : ''
      return `complete -c quorate -n '${condition}' ${what}${files} -d '${plain(description)}'`
    })
  })
  return [HEAD, 'complete -c quorate -f', ...lines, ''].join('\n')
}

function commandPaths(nodes: readonly Node[]): string {
  return nodes
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `'${words.join(' ')}'`)
    .join('|')
}

/** The first line, without characters that have a meaning to shells or in zsh's `word:description`. */
function plain(description: string): string {
  return (description.split('\n')[0] ?? '').replaceAll(/['`\\:[\]]/g, ' ').trim()
}
