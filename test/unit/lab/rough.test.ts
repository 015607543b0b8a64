/** What rough hosts and hosts with leftovers have, as data, and the shell that gives it to them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { renderClusterFile } from '../../../lab/fleet/cluster-file.js'
import { heredoc, installation, type HostFeature } from '../../../lab/fleet/feature.js'
import { LEFTOVERS } from '../../../lab/fleet/leftovers.js'
import { machineLacks } from '../../../lab/fleet/operating-systems.js'
import { REFUSING_FEATURES, ROUGH_FEATURES, ROUGH_HOSTS, SUDO_PASSWORD } from '../../../lab/fleet/rough.js'
import {
  describeShape,
  hostsOf,
  shapeProblems,
  systemsOf,
  type FleetShape,
} from '../../../lab/fleet/shape.js'

const network = { subnet: '172.30.7' }
const rough: FleetShape = {
  name: 'rough',
  controlPlanes: 3,
  workers: 2,
  etcd: 0,
  loadBalancers: 1,
  systems: ['debian-12', 'debian-13'],
  rough: true,
}
const ALL: Readonly<Record<string, HostFeature>> = { ...ROUGH_FEATURES, ...LEFTOVERS, ...REFUSING_FEATURES }

describe('rough hosts', () => {
  it('cover every feature, with at most one login shell per host', () => {
    expect(new Set(ROUGH_HOSTS.flat())).toEqual(new Set(Object.keys(ROUGH_FEATURES)))
    for (const mix of ROUGH_HOSTS) {
      expect(mix.filter((name) => ['dash', 'zsh', 'fish'].includes(name)).length).toBeLessThan(2)
      expect(mix.filter((name) => name.endsWith('Session') || name.endsWith('Sessions')).length).toBeLessThan(
        2,
      )
    }
  })

  it('differ from each other, are reproducible and never bare', () => {
    const mixes = hostsOf(rough, network).map(({ features }) => JSON.stringify(features))
    expect(new Set(mixes).size).toBe(6)
    expect(hostsOf(rough, network).map(({ features }) => JSON.stringify(features))).toEqual(mixes)
    expect(hostsOf({ ...rough, workers: 3 }, network)[5]?.features).toEqual(
      hostsOf(rough, network)[5]?.features,
    )
    expect(
      hostsOf({ ...rough, rough: undefined } as never, network).flatMap(({ features }) => features),
    ).toEqual([])
  })

  it('have only features of their operating system', () => {
    const tells = (shape: FleetShape) => hostsOf(shape, network)[3]?.features.map((feature) => feature.tells)
    expect(tells(rough)).toContain(ROUGH_FEATURES.sudoRs.tells)
    expect(tells({ ...rough, systems: ['debian-12'] })).not.toContain(ROUGH_FEATURES.sudoRs.tells)
    expect(tells({ ...rough, systems: ['debian-12'] })).toContain(ROUGH_FEATURES.dash.tells)
  })

  it('are described in the cluster file as a person would: with a reference to the sudo password', () => {
    const facts = { cgroupV1: false, swap: false }
    const hosts = hostsOf(rough, network)
    const text = renderClusterFile({ name: 'rough', kubernetesVersion: 'v1.36.3', hosts, machine: facts })
    const { spec } = parse(text) as { spec: { hosts: { name: string; ssh?: unknown }[] } }
    const sudoPasswordFrom = { file: './sudo-password' }
    expect(spec.hosts.filter(({ ssh }) => ssh !== undefined)).toEqual([
      expect.objectContaining({ name: 'cp3', ssh: { sudoPasswordFrom } }),
      expect.objectContaining({ name: 'lb1', ssh: { sudoPasswordFrom } }),
    ])
    expect(text).not.toContain(SUDO_PASSWORD)
  })
})

describe('operating systems', () => {
  it('alternate over the hosts in file order', () => {
    expect(hostsOf(rough, network).map(({ name, os }) => `${name} ${os}`)).toEqual([
      'cp1 debian-12',
      'cp2 debian-13',
      'cp3 debian-12',
      'w1 debian-13',
      'w2 debian-12',
      'lb1 debian-13',
    ])
    expect(systemsOf(rough)).toEqual(['debian-12', 'debian-13'])
    expect(describeShape(rough)).toMatch(/, debian-12, debian-13, rough$/)
  })

  it('are rejected if the lab does not know them or the machine cannot run them', () => {
    expect(shapeProblems({ ...rough, systems: ['debian-11' as never] })).toEqual([
      expect.stringContaining('"debian-11" is no operating system of the lab'),
    ])
    expect(machineLacks(['debian-12', 'debian-14'], true)).toMatch(/^debian-14: .*cgroup v2/)
    expect(machineLacks(['debian-12', 'debian-13'], true)).toBeUndefined()
    expect(machineLacks(['debian-14'], false)).toBeUndefined()
  })
})

describe('the installation of a host', () => {
  it.each(Object.keys(ALL))('with %s is a valid shell script', (name) => {
    const feature = ALL[name]
    const text = installation(feature === undefined ? [] : [feature])
    expect(text).not.toBe('')
    const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('of a bare host is empty', () => {
    expect(installation([])).toBe('')
  })

  it('repeats at each boot what a boot undoes, from a single file', () => {
    const text = installation([ROUGH_FEATURES.noexecTmp, ROUGH_FEATURES.hidepid])
    expect(text.match(/lab-at-boot/g)).toHaveLength(1)
    expect(text).toContain(ROUGH_FEATURES.noexecTmp.atBoot)
    expect(text).toContain(ROUGH_FEATURES.hidepid.atBoot)
  })

  it('writes files byte for byte', () => {
    const content = `$HOME \`id\` "quoted" 'single' \\ back\n`
    const path = join(mkdtempSync(join(tmpdir(), 'quorate-lab-')), 'file')
    onTestFinished(() => {
      rmSync(dirname(path), { recursive: true })
    })
    expect(spawnSync('sh', ['-c', heredoc(path, content)]).status).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(content)
  })
})

it('the lab page describes every rough feature', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/lab.md', import.meta.url)), 'utf8')
  for (const { tells } of Object.values(ALL)) expect(page).toContain(tells)
})
