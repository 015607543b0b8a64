import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
/** More files beside each other than this, and nobody finds one by its name any more. */
const MOST_FILES = 25

/** How many files each folder of the sources has beside each other. */
function roomSizes(folder: string): readonly (readonly [room: string, files: number])[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).length
  const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
  return [[relative(ROOT, folder), files], ...rooms.flatMap(roomSizes)]
}

describe('the rooms of src', () => {
  it(`none has more than ${MOST_FILES} files beside each other`, () => {
    const rooms = roomSizes(join(ROOT, 'src'))
    expect(rooms.length).toBeGreaterThan(40)
    expect(rooms.filter(([, files]) => files > MOST_FILES)).toEqual([])
  })
})
