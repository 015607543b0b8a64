// `npm run check:rooms`: no import against the rooms, and no circle, by files and not by how they are named in imports.
import { MAY_IMPORT } from './rooms.config.js'

const ROOMS = Object.keys(MAY_IMPORT)

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...ROOMS.map((room) => ({
      name: `${room}-looks-down`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: '^src/',
        pathNot: `^src/(${[room, ...MAY_IMPORT[room]].join('|')})/${room === 'cli' ? '|^src/(client|worker)\\.ts$' : ''}`,
      },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^src/',
    reporterOptions: { archi: { collapsePattern: '^src/[^/]+' } },
  },
}
