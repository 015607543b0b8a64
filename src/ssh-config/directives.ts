/**
 * The lines of ssh client configuration files, as in ssh_config(5): keywords, quoted arguments, comments, and the
 * files that `Include` names. What they mean for a host is in `settings.ts`.
 */
import { dirname, join, resolve } from 'node:path'
import { expandPath, ExpansionError, localTokens, type LocalMachine } from './expansion.js'
import { RefusedFileError, expectSafe, type FileState } from './file-permissions.js'
import { globMatches, isGlob } from './glob.js'

/** One line that is neither blank nor a comment. */
export interface Directive {
  /** In lowercase. */
  readonly keyword: string
  readonly args: readonly string[]
  /** The arguments as they stand in the file. */
  readonly rest: string
  readonly file: string
  /** From 1. */
  readonly line: number
  /** For `include`: what is in each file that it names. */
  readonly included?: readonly (readonly Directive[])[]
}

/** How files are read; `readFile` and `listFolder` throw if there is nothing to read. */
export interface ConfigReader {
  readonly readFile: (path: string) => string
  /** Names in a folder. */
  readonly listFolder: (path: string) => readonly string[]
  /** Who may change a file; undefined where that cannot be known. */
  readonly fileState?: (path: string) => FileState | undefined
}

/** Where `~`, variables and relative paths of `Include` lead. */
export interface IncludePlaces {
  readonly machine: LocalMachine
  /** Folder of relative paths: `~/.ssh` for a user's file, `/etc/ssh` for the system's. */
  readonly folder: string
  /** Whether to refuse the file if others may change it, as ssh does for the user's own file and all included ones. */
  readonly isChecked?: boolean
}

/** OpenSSH's own limit for nested includes (READCONF_MAX_DEPTH). */
const MAX_DEPTH = 16

/**
 * The directives of a file, with those of the files it includes.
 * @throws what `reader.readFile` throws for the file itself; an included file that cannot be read counts as empty.
 *   ExpansionError if the name of an included file has a part that is unknown here; RefusedFileError.
 */
export function readDirectives(
  file: string,
  reader: ConfigReader,
  places: IncludePlaces,
  within: readonly string[] = [],
): readonly Directive[] {
  if (within.includes(file)) throw new RefusedFileError(`${file} includes itself`)
  if (places.isChecked === true) expectSafe(file, reader.fileState?.(file), places.machine)
  return parseDirectives(reader.readFile(file), file).map((directive) => {
    if (directive.keyword !== 'include' || within.length >= MAX_DEPTH) return directive
    const files = directive.args.flatMap((pattern) => expand(includePath(pattern, places), reader))
    return {
      ...directive,
      included: files.map((each) => readIncluded(each, reader, places, [...within, file])),
    }
  })
}

function readIncluded(
  file: string,
  reader: ConfigReader,
  places: IncludePlaces,
  within: readonly string[],
): readonly Directive[] {
  try {
    return readDirectives(file, reader, { ...places, isChecked: true }, within)
  } catch (error) {
    if (error instanceof ExpansionError || error instanceof RefusedFileError) throw error
    return []
  }
}

/** The directives of a text. */
export function parseDirectives(text: string, file: string): readonly Directive[] {
  return text.split('\n').flatMap((raw, index) => {
    const [, keyword, rest = ''] = /^\s*([^\s"=#]+)(?:\s*=\s*|\s+)?(.*?)\s*$/.exec(raw) ?? []
    if (keyword === undefined) return []
    return [{ keyword: keyword.toLowerCase(), args: splitArguments(rest), rest, file, line: index + 1 }]
  })
}

/** Splits arguments as OpenSSH's argv_split() does: with quotes of either kind and escapes, up to a comment. */
function splitArguments(text: string): readonly string[] {
  const words: string[] = []
  let i = 0
  const nextWord = (): string => {
    let word = ''
    let quote = ''
    for (; i < text.length; i += 1) {
      const character = text.charAt(i)
      const following = text.charAt(i + 1)
      if (character === '\\' && (/["'\\]/.test(following) || (quote === '' && following === ' '))) {
        word += following
        i += 1
      } else if (quote === '' && /[ \t]/.test(character)) break
      else if (quote === '' && /["']/.test(character)) quote = character
      else if (quote === character) quote = ''
      else word += character
    }
    return word
  }
  while (i < text.length) {
    if (/[ \t]/.test(text.charAt(i))) i += 1
    else if (text.charAt(i) === '#') break
    else words.push(nextWord())
  }
  return words
}

// Expands only local tokens: with tokens of the host, the files that are read would depend on the host.
function includePath(pattern: string, { machine, folder }: IncludePlaces): string {
  return resolve(folder, expandPath(pattern, localTokens(machine), machine))
}

/** The paths that a pattern stands for, sorted; a path without wildcards stands for itself. */
function expand(path: string, reader: ConfigReader): readonly string[] {
  if (!isGlob(path)) return [path]
  return expand(dirname(path), reader).flatMap((folder) => {
    const pattern = path.slice(dirname(path).length).replace(/^\//, '')
    if (!isGlob(pattern)) return [join(folder, pattern)]
    return namesIn(folder, reader)
      .filter((name) => globMatches(pattern, name))
      .toSorted()
      .map((name) => join(folder, name))
  })
}

function namesIn(folder: string, reader: ConfigReader): readonly string[] {
  try {
    return reader.listFolder(folder)
  } catch {
    return []
  }
}
