import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problems, type Change } from './cluster-files.js'

const notifications = (...value: readonly object[]): Change => [['spec', 'notifications'], value]
const url = 'https://alerts.example.com/quorate'
const secretFrom = { env: 'WEBHOOK_SECRET' }

describe('spec.notifications', () => {
  it('may be missing', () => {
    expect(parse(clusterFile()).cluster.notifications).toBeUndefined()
  })

  it('names webhooks and commands, which are told what needs somebody unless more is asked for', () => {
    const { cluster, warnings } = parse(
      clusterFile(
        notifications(
          { webhook: { url, secretFrom } },
          { on: ['done'], webhook: { urlFrom: { file: '/run/secrets/url' } } },
          { command: ['/usr/local/bin/page', '--who', 'ops; rm -rf /'] },
        ),
      ),
    )
    expect(cluster.notifications).toEqual([
      { on: ['parked', 'failed', 'finding'], to: { kind: 'webhook', url, secret: secretFrom } },
      { on: ['done'], to: { kind: 'webhook', url: { file: '/run/secrets/url' } } },
      {
        on: ['parked', 'failed', 'finding'],
        to: { kind: 'command', argv: ['/usr/local/bin/page', '--who', 'ops; rm -rf /'] },
      },
    ])
    expect(warnings).toEqual([])
  })

  it.each(['http://127.0.0.1:8080/hook', 'http://localhost/hook', 'http://[::1]:80/', url])(
    'go to %s',
    (to) => {
      expect(problems(clusterFile(notifications({ webhook: { url: to, secretFrom } })))).toEqual([])
    },
  )

  it.each([
    ['one destination', {}, /notifications\[0\]: neither of webhook and command is given/],
    [
      'one only',
      { webhook: { url, secretFrom }, command: ['/bin/page'] },
      /both of webhook and command are given/,
    ],
    ['one URL', { webhook: { secretFrom } }, /webhook: neither of url and urlFrom is given/],
    [
      'one URL only',
      { webhook: { url, urlFrom: { env: 'A' }, secretFrom } },
      /both of url and urlFrom are given/,
    ],
    [
      'one place of a secret',
      { webhook: { url, secretFrom: {} } },
      /secretFrom: neither of env and file is given/,
    ],
    [
      'no http to others',
      { webhook: { url: 'http://alerts.lab/', secretFrom } },
      /url: .* would be reached unencrypted/,
    ],
    [
      'http by no lookalike',
      { webhook: { url: 'http://127.0.0.1.lab/', secretFrom } },
      /would be reached unencrypted/,
    ],
    ['a URL', { webhook: { url: 'alerts.lab', secretFrom } }, /url: "alerts\.lab" is not a URL of https/],
    ['a whole path', { command: ['page', 'ops'] }, /command\[0\]: "page" is not an absolute path/],
    ['events that there are', { on: ['paused'], command: ['/bin/page'] }, /on\[0\]: .*paused/],
    ['each event once', { on: ['done', 'done'], command: ['/bin/page'] }, /on\[1\]: "done" is given twice/],
    ['no secret in the file', { webhook: { url, secret: 'x' } }, /secret/],
    [
      'no URL that is a secret',
      { webhook: { url: 'https://hooks.slack.com/services/T0/B0/abc', secretFrom } },
      /the address of a webhook that is open to whoever knows it/,
    ],
  ])('take %s', (_, entry, message) => {
    expect(problems(clusterFile(notifications(entry)))).toContainEqual(expect.stringMatching(message))
  })

  it('are better signed', () => {
    const { warnings } = parse(clusterFile(notifications({ webhook: { url } })))
    expect(warnings.map(({ path }) => path)).toEqual(['spec.notifications[0].webhook'])
  })
})
