#!/usr/bin/env node
// Starts the compiled program; a clone that was not built yet says how.
import { existsSync } from 'node:fs'
import module from 'node:module'

const main = new URL('../dist/src/cli/main.js', import.meta.url)
if (existsSync(main)) {
  // Node.js 22 and later keep compiled code between runs, which halves the time to start.
  if (module.enableCompileCache !== undefined) {
    const { compileCacheFolder } = await import(
      new URL('../dist/src/cli/compile-cache.js', import.meta.url).href
    )
    const folder = compileCacheFolder()
    if (folder !== undefined) module.enableCompileCache(folder)
  }
  await import(main.href)
} else {
  process.stderr.write('quorate is not built yet: run `npm install && npm run build` in its folder\n')
  process.exitCode = 1
}
