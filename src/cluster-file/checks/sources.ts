/** Checks of where things come from: packages and image registries. */
import { isUrl } from '../../cluster/names.js'
import { textAt, type Outline } from '../lenient.js'
import { show, type Finding } from '../problem.js'
import { problem, repetitions } from './finding.js'

export function checkSources(file: Outline): readonly Finding[] {
  return [...packageFindings(file), ...registryFindings(file)]
}

function packageFindings({ packages }: Outline): readonly Finding[] {
  const repository = textAt(packages, 'repository')
  if (repository === undefined || !isUrl(repository, ['http'])) return []
  if (packages['install'] === false || packages['signingKeyFile'] !== undefined) return []
  return [
    problem(
      ['spec', 'packages', 'repository'],
      `${show(repository)} uses plain http, so a key fetched from it cannot be trusted`,
      'give signingKeyFile, or use https',
    ),
  ]
}

function registryFindings({ registries }: Outline): readonly Finding[] {
  const indexed = registries.map((mirror, index) => ({ mirror, index }))
  return repetitions(indexed, ({ mirror }) => textAt(mirror, 'registry')).map(({ item }) =>
    problem(
      ['spec', 'containerRuntime', 'registries', item.index, 'registry'],
      `${show(item.mirror['registry'])} is given twice`,
      'keep one of them',
    ),
  )
}
