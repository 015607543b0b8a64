/** Sizes, as people read them. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const

/** E.g. `12 MiB`, `1.4 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes / 1024
  let index = 0
  while (value >= 1000 && index < UNITS.length - 1) {
    value /= 1024
    index += 1
  }
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${UNITS[index] ?? ''}`
}
