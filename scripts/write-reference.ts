/** `npm run docs:reference`: writes the page that is made from the cluster file's schema. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REFERENCE_PAGE, renderReference } from './cluster-file-reference.js'

writeFileSync(join(import.meta.dirname, '..', REFERENCE_PAGE), await renderReference())
