/** `npm run docs:reference`: writes the pages and pictures that are made from the code. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REFERENCE_PAGE, renderReference } from './cluster-file-reference.js'
import { ERRORS_PAGE, renderErrorReference } from './error-reference.js'
import { drawRooms, ROOMS_PICTURE } from './rooms-picture.js'

const write = (path: string, text: string) => writeFileSync(join(import.meta.dirname, '..', path), text)

write(REFERENCE_PAGE, await renderReference())
write(ERRORS_PAGE, await renderErrorReference())
write(ROOMS_PICTURE, await drawRooms())
