import { describe, expect, it } from 'vitest'
import { snapshotSettings } from '../../../src/cluster/snapshots.js'
import { clusterFile, parse, problems, problemTexts, warningTexts, type Change } from './cluster-files.js'

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'
const snapshots = (value: object): Change => [['spec', 'etcd', 'snapshots'], value]
const S3 = {
  bucket: 'backups',
  endpoint: 'https://minio.example.com:9000/',
  prefix: 'clusters/prod',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKeyFrom: { env: 'S3_SECRET' },
}
const IN_FOLDER = { encryptTo: [RECIPIENT], copies: [{ folder: '~/backups' }] }

describe('spec.etcd.snapshots', () => {
  it('may be missing: hosts keep seven', () => {
    const { cluster } = parse(clusterFile())
    expect(cluster.snapshots).toBeUndefined()
    expect(snapshotSettings(cluster)).toEqual({ keep: { count: 7 }, encryptTo: [], copies: [] })
  })

  it('names places, with absolute paths and without the secret itself', () => {
    const copies = [{ folder: '~/backups' }, { s3: S3 }]
    const { cluster, warnings } = parse(
      clusterFile(snapshots({ keep: { days: 30 }, encryptTo: [RECIPIENT], copies })),
    )
    expect(cluster.snapshots).toEqual({
      keep: { count: 7, days: 30 },
      encryptTo: [RECIPIENT],
      copies: [
        { kind: 'folder', folder: '/home/ops/backups' },
        {
          kind: 's3',
          bucket: 'backups',
          region: 'us-east-1',
          endpoint: 'https://minio.example.com:9000',
          prefix: 'clusters/prod/',
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          secretAccessKey: { env: 'S3_SECRET' },
        },
      ],
    })
    expect(warnings).toEqual([])
  })

  it('lets nothing leave the hosts in clear', () => {
    const [line] = problems(clusterFile(snapshots({ copies: [{ folder: '~/backups' }] })))
    expect(line).toMatch(/^cluster\.yaml:\d+:\d+ spec\.etcd\.snapshots\.copies: encryptTo is missing/)
  })

  it('warns of a key that encrypts nothing', () => {
    expect(warningTexts(clusterFile(snapshots({ encryptTo: [RECIPIENT] })))).toEqual([
      expect.stringMatching('^spec.etcd.snapshots.encryptTo: nothing is encrypted'),
    ])
  })

  it.each([
    ['mistyped', RECIPIENT.replace('ql3z', 'ql3x')],
    ['cut off', RECIPIENT.slice(0, -1)],
    ['in capital letters', RECIPIENT.toUpperCase()],
  ])('finds a recipient that is %s, with its place', (_, recipient) => {
    const [line] = problems(clusterFile(snapshots({ ...IN_FOLDER, encryptTo: [RECIPIENT, recipient] })))
    expect(line).toMatch(
      /^cluster\.yaml:\d+:\d+ spec\.etcd\.snapshots\.encryptTo\[1\]: .* is not an age recipient/,
    )
  })

  it('never repeats an identity that was given by mistake', () => {
    const identity = 'AGE-SECRET-KEY-1QQPQ9FEKTSV0CYT6A5NS0MFQXJRJ9C4G58KVKQC0GW6AS00DXPFSW6NDZP'
    const texts = problemTexts(clusterFile(snapshots({ ...IN_FOLDER, encryptTo: [identity] })))
    expect(texts.join('\n')).not.toContain(identity.slice(0, 20))
    expect(texts).toEqual(
      expect.arrayContaining([expect.stringContaining('it is the identity; give the recipient')]),
    )
  })

  it('wants one place for each copy, and one for its secret', () => {
    const copies = [{ folder: '/a', s3: S3 }, {}, { s3: { ...S3, secretAccessKeyFrom: {} } }]
    expect(problemTexts(clusterFile(snapshots({ encryptTo: [RECIPIENT], copies })))).toEqual([
      'spec.etcd.snapshots.copies[0]: more than one place is given; give either folder or s3',
      'spec.etcd.snapshots.copies[1]: no place is given; give either folder or s3',
      'spec.etcd.snapshots.copies[2].s3.secretAccessKeyFrom: no place is given; give one of env and file',
    ])
  })

  it('wants each place and each recipient once', () => {
    const copies = [{ folder: '~/backups' }, { s3: S3 }, { folder: '~/backups/' }, { s3: S3 }]
    expect(problemTexts(clusterFile(snapshots({ encryptTo: [RECIPIENT, RECIPIENT], copies })))).toEqual([
      expect.stringMatching(/encryptTo\[1\]: .* is given twice; keep one of them$/),
      'spec.etcd.snapshots.copies[2]: the same place is given twice; keep one of them',
      'spec.etcd.snapshots.copies[3]: the same place is given twice; keep one of them',
    ])
  })

  it('refuses a secret access key in the file', () => {
    const s3 = { ...S3, secretAccessKey: 'x' }
    const [text] = problemTexts(clusterFile(snapshots({ encryptTo: [RECIPIENT], copies: [{ s3 }] })))
    expect(text).toMatch('unknown field "secretAccessKey"; did you mean "secretAccessKeyFrom"?')
  })

  it('has no place for an etcd that somebody else runs', () => {
    const foreign: Change = [
      ['spec', 'etcd'],
      {
        topology: 'external',
        endpoints: ['https://etcd1.prod.lab:2379'],
        caFile: '/ca',
        certFile: '/crt',
        keyFile: '/key',
        snapshots: {},
      },
    ]
    expect(problemTexts(clusterFile(foreign))).toEqual([
      expect.stringMatching('^spec.etcd.snapshots: spec.etcd.endpoints names an etcd of your own'),
    ])
  })
})
