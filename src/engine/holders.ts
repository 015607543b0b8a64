/** Which of this user's processes have the engine's files open: a server or worker that is not in the record. */
import { readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import type { EngineHome } from './home.js'

/** A process with one of the engine's files open. */
export interface Holder {
  readonly pid: number
  /** Names of the files. */
  readonly files: readonly string[]
}

/** The processes of this user that have the database or a log open, according to /proc; empty on systems without it. */
export function holdersOf(home: EngineHome): readonly Holder[] {
  const wanted = [home.database, home.serverLog, home.workerLog]
  return processes().flatMap((pid) => {
    const files = wanted.filter((file) => openFiles(pid).includes(file))
    return files.length === 0 || pid === process.pid
      ? []
      : [{ pid, files: files.map((file) => basename(file)) }]
  })
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** Empty for other users' processes, and for those that have just ended. */
function openFiles(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).map((file) => {
      try {
        return readlinkSync(`${folder}/${file}`)
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}
