import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problems, type Change } from './cluster-files.js'

const schedules = (value: object): Change => [['spec', 'schedules'], value]

describe('spec.schedules', () => {
  it('may be missing', () => {
    expect(parse(clusterFile()).cluster.schedules).toBeUndefined()
  })

  it('names what is done by the clock, in UTC unless a zone is given', () => {
    const { cluster, warnings } = parse(
      clusterFile(
        schedules({
          snapshot: { cron: '0 */6 * * *' },
          drift: { cron: '15 5 * * mon-fri', timeZone: 'Europe/Berlin' },
        }),
      ),
    )
    expect(cluster.schedules).toEqual({
      snapshot: { cron: '0 */6 * * *', timeZone: 'UTC' },
      drift: { cron: '15 5 * * mon-fri', timeZone: 'Europe/Berlin' },
    })
    expect(warnings).toEqual([])
  })

  it.each([
    ['five fields', { cron: '0 0 * *' }, /snapshot\.cron: "0 0 \* \*" is not a time as in a crontab/],
    ['one kind of days', { cron: '0 0 1 * mon' }, /cron: .* names days of the month and days of the week/],
    ['no short forms', { cron: '@daily' }, /cron: .* is a short form/],
    ['no seconds', { cron: '0 0 0 * * *' }, /cron: .* has a sixth field/],
    ['a zone that exists', { cron: '0 0 * * *', timeZone: 'Europe/Bonn' }, /timeZone: .* is not a time zone/],
    [
      'a zone as it is written',
      { cron: '0 0 * * *', timeZone: 'Europe/berlin' },
      /timeZone: .* is not a time zone/,
    ],
    ['a zone and no offset', { cron: '0 0 * * *', timeZone: '+02:00' }, /timeZone: .* is not a time zone/],
  ])('takes %s', (_, snapshot, message) => {
    const found = problems(clusterFile(schedules({ snapshot })))
    expect(found).toEqual([expect.stringMatching(message)])
  })

  it('takes no snapshots of an etcd of your own', () => {
    const etcd: Change = [
      ['spec', 'etcd'],
      {
        topology: 'external',
        endpoints: ['https://10.0.0.31:2379'],
        caFile: 'ca.crt',
        certFile: 'client.crt',
        keyFile: 'client.key',
      },
    ]
    const found = problems(clusterFile(etcd, schedules({ snapshot: { cron: '0 0 * * *' } })))
    expect(found).toContainEqual(expect.stringMatching(/spec\.schedules\.snapshot: .* takes no snapshots of/))
  })
})
