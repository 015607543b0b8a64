/** The picture of the rooms of src/, drawn from the table of what each may import. */
import { instance } from '@viz-js/viz'
import { MAY_IMPORT } from '../rooms.config.js'

/** Where the picture is, from the project's folder. */
export const ROOMS_PICTURE = 'docs/architecture.svg'

const GRAPH = { rankdir: 'TB', nodesep: 0.35, ranksep: 0.45, bgcolor: 'white' }
const NODE = {
  shape: 'box',
  style: 'rounded,filled',
  fillcolor: '#eef3fb',
  color: '#5b7db1',
  fontname: 'Helvetica',
  fontsize: 13,
}

/** Draws each room as a box, with arrows to the highest rooms that it may import from; what these import is left out. */
export async function drawRooms(): Promise<string> {
  const viz = await instance()
  return viz.renderString(
    {
      directed: true,
      graphAttributes: GRAPH,
      nodeAttributes: NODE,
      edgeAttributes: { color: '#5b7db1', arrowsize: 0.6 },
      nodes: Object.keys(MAY_IMPORT).map((name) => ({ name })),
      edges: Object.entries(MAY_IMPORT).flatMap(([tail, rooms]) => {
        const implied = new Set(rooms.flatMap((room) => [...below(room)]))
        return rooms.filter((room) => !implied.has(room)).map((head) => ({ tail, head }))
      }),
    },
    { format: 'svg' },
  )
}

/** Every room that a room reaches through its imports. */
function below(room: string): ReadonlySet<string> {
  return new Set((MAY_IMPORT[room] ?? []).flatMap((one) => [one, ...below(one)]))
}
