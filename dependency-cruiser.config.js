// `npm run check:rooms`: no import against the rooms, and no circle, by files and not by how they are named in imports.
import { ENTRIES, ENTRIES_OF, MAY_IMPORT } from './rooms.config.js'

const looksDown = (name, from, rooms) => ({
  name: `${name}-looks-down`,
  severity: 'error',
  from: { path: from },
  to: {
    path: '^src/',
    pathNot: [
      `^src/(${rooms.join('|')})/`,
      ...(ENTRIES_OF[name] ?? []).map((entry) => `^src/${entry}\\.ts$`),
    ],
  },
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(MAY_IMPORT).map(([room, others]) =>
      looksDown(room, `^src/${room}/`, [room, ...others]),
    ),
    ...Object.entries(ENTRIES).map(([entry, rooms]) => looksDown(entry, `^src/${entry}\\.ts$`, rooms)),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^src/',
    reporterOptions: { archi: { collapsePattern: '^src/[^/]+' } },
  },
}
