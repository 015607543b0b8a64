/** Builds Go programs from published modules with the ordinary Go client, once per version, into the cache. */
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath, cachedFolder, inputsKey } from '../cache.js'
import { output, run } from '../process.js'
import type { GoProgram } from './go-programs.js'

const SOURCES = join(import.meta.dirname, 'sources')

/**
 * No C compiler is needed. No debugging information, and a compiler that collects its garbage less often: together
 * they halve the time that Kubernetes takes.
 */
const ENVIRONMENT = { CGO_ENABLED: '0', GOGC: '400', GOFLAGS: '-mod=mod', GOWORK: 'off' }
const COMPILER_FLAGS = '-gcflags=all=-dwarf=false'

/** Changes whenever the way programs are built does. */
const RECIPE = 2

interface GoMod {
  readonly Require?: readonly { readonly Path: string; readonly Version: string }[]
  readonly Replace?: readonly {
    readonly Old: { readonly Path: string }
    readonly New: { readonly Path: string; readonly Version?: string }
  }[]
}

/** Builds a program unless the cache has it; gives the folder with its binaries. */
export async function buildGoProgram(program: GoProgram): Promise<string> {
  const source = await readFile(join(SOURCES, program.name, 'main.go'), 'utf8').catch(() => '')
  const key = inputsKey(RECIPE, program, source, ENVIRONMENT, COMPILER_FLAGS)
  const folder = cachePath('build', `${program.name}-${program.version}-${key}`)
  return cachedFolder(folder, async (partial) => {
    const logFile = cachePath('build', `${program.name}-${program.version}.log`)
    await rm(logFile, { force: true })
    const module = join(partial, 'module')
    await prepareModule(program, module, logFile)
    for (const [binary, packagePath] of Object.entries(program.binaries)) {
      const target = join(partial, binary)
      const args = ['build', '-trimpath', COMPILER_FLAGS, '-ldflags', linkerFlags(program)]
      await run('go', [...args, '-o', target, packagePath], { cwd: module, env: ENVIRONMENT, logFile })
    }
  })
}

async function prepareModule(program: GoProgram, module: string, logFile: string): Promise<void> {
  await mkdir(module, { recursive: true })
  const source = join(SOURCES, program.name, 'main.go')
  if (existsSync(source)) await cp(source, join(module, 'main.go'))
  await writeFile(join(module, 'go.mod'), `module quorate.dev/lab/${program.name}\n\ngo 1.26.0\n`)
  if (program.graphOf !== undefined) await takeOverGraph(program.graphOf, module)
  if (program.modules.length > 0) {
    await run('go', ['get', ...program.modules], { cwd: module, env: ENVIRONMENT, logFile })
  }
  if (program.mainOf !== undefined) {
    await takeOverMain(program.mainOf.module, program.mainOf.without, module)
  }
}

/**
 * Lets our module begin with everything that Kubernetes requires, and with its staging modules by their published
 * versions. For Kubernetes itself, `go mod tidy` would come to the same after downloading what only its tests need;
 * for the others it means that what they share with it is compiled once.
 */
async function takeOverGraph(kubernetesVersion: string, module: string): Promise<void> {
  const folder = await moduleFolder(`k8s.io/kubernetes@${kubernetesVersion}`, module)
  const json = await output('go', ['mod', 'edit', '-json', join(folder, 'go.mod')], { env: ENVIRONMENT })
  const goMod = JSON.parse(json) as GoMod
  const required = goMod.Require ?? []
  const held = required.filter(({ Path }) => Path.startsWith('golang.org/x/'))
  const lines = [
    ...required.map(({ Path, Version }) => `require ${Path} ${Version}`),
    // Nearly everything stands on these: a newer one would mean to compile nearly everything again.
    ...held.map(({ Path, Version }) => `replace ${Path} => ${Path} ${Version}`),
    ...(goMod.Replace ?? []).map(({ Old, New }) =>
      New.Version === undefined
        ? `replace ${Old.Path} => ${Old.Path} ${kubernetesVersion.replace('v1.', 'v0.')}`
        : `replace ${Old.Path} => ${New.Path} ${New.Version}`,
    ),
  ]
  await appendFile(join(module, 'go.mod'), `${lines.join('\n')}\n`)
  await cp(join(folder, 'go.sum'), join(module, 'go.sum'))
}

/** Copies a published main.go into our module, without some of its imports. */
async function takeOverMain(upstream: string, without: readonly string[], module: string): Promise<void> {
  const original = await readFile(join(await moduleFolder(upstream, module), 'main.go'), 'utf8')
  const lines = original.split('\n')
  const kept = lines.filter((line) => !without.some((path) => line.includes(`"${path}"`)))
  await writeFile(join(module, 'main.go'), kept.join('\n'))
}

async function moduleFolder(module: string, cwd: string): Promise<string> {
  const json = await output('go', ['mod', 'download', '-json', module], { cwd, env: ENVIRONMENT })
  return (JSON.parse(json) as { Dir: string }).Dir
}

function linkerFlags(program: GoProgram): string {
  const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)
  return ['-s', '-w', ...variables].join(' ')
}
