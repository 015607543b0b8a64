import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { drawRooms, ROOMS_PICTURE } from '../../../scripts/rooms-picture.js'

it(
  'shows the rooms as they may import; `npm run docs:reference` draws it again',
  { timeout: 60_000 },
  async () => {
    const path = fileURLToPath(new URL(`../../../${ROOMS_PICTURE}`, import.meta.url))
    expect(readFileSync(path, 'utf8')).toBe(await drawRooms())
  },
)
