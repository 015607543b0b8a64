/** The ssh configuration on input made at random: settings, or an error that says which value is meant; at once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDirectives, readDirectives } from '../../../src/ssh-config/directives.js'
import { expandPath, ExpansionError, pathTokens } from '../../../src/ssh-config/expansion.js'
import { RefusedFileError } from '../../../src/ssh-config/file-permissions.js'
import { globMatches } from '../../../src/ssh-config/glob.js'
import { parseJumps } from '../../../src/ssh-config/jumps.js'
import { patternMatches } from '../../../src/ssh-config/pattern.js'
import { settingsFor } from '../../../src/ssh-config/settings.js'
import { mutated, withinTime } from './mutations.js'
import { runs } from './runs.js'

const SAMPLE = `Host cp? !cp9 "*.example.com"
  HostName %h.internal
  User ops # comment
  Port=2222
  IdentityFile "~/.ssh/a key"
  UserKnownHostsFile ~/.ssh/kh \${HOME}/kh-%h
  RevokedHostKeys /etc/ssh/revoked
Match host cp1,cp2 user ops !localuser root
  ProxyJump jane@bastion:2200,[fe80::1]:22
  StrictHostKeyChecking accept-new
Include config.d/*
`
const machine = {
  home: '/home/ops',
  user: 'ops',
  uid: 1000,
  hostName: 'here',
  variables: { HOME: '/home/ops' },
}
const texts = fc.oneof(
  mutated(Buffer.from(SAMPLE)).map(String),
  fc.string({
    unit: fc.constantFrom(...'"\'\\ =#\t\n%${}~!*?[]:@,'.split(''), 'Host', 'Match', 'Include', 'a'),
    maxLength: 80,
  }),
)

describe('an ssh configuration', () => {
  it('yields settings, whatever its content', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const said = withinTime(() =>
          settingsFor([parseDirectives(text, 'config')], { name: 'cp1', localUser: 'ops' }),
        )
        expect(Array.isArray(said.ignored)).toBe(true)
      }),
      runs(25),
    )
  })

  it('with random includes is read completely or rejected', () => {
    const include = fc.constantFrom('Include a', 'Include b', 'Include *', 'Include c*', 'Host x', 'User ops')
    const files = fc.record({
      a: fc.array(include, { maxLength: 3 }),
      b: fc.array(include, { maxLength: 3 }),
      c: fc.array(include, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(files, (contents) => {
        const reader = {
          readFile: (path: string) => contents[path.slice(1) as 'a'].join('\n'),
          listFolder: () => ['a', 'b', 'c'],
        }
        try {
          withinTime(() => readDirectives('/a', reader, { machine, folder: '/' }))
        } catch (error) {
          expect(error).toBeInstanceOf(RefusedFileError)
        }
      }),
      runs(5),
    )
  })

  it('has completely expanded paths or an error', () => {
    const tokens = pathTokens(machine, { name: 'cp1', address: '10.0.0.1', user: 'ops', port: 22 }, {})
    fc.assert(
      fc.property(texts, (text) => {
        try {
          withinTime(() => expandPath(text, tokens, machine))
        } catch (error) {
          expect(error).toBeInstanceOf(ExpansionError)
        }
      }),
      runs(15),
    )
  })

  it('has jump hosts with a valid name and port, or none', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '@', ':', '[', ']', ',', '%', 'h', '9', '/', 'ssh://', ' ', '-'),
      maxLength: 40,
    })
    fc.assert(
      fc.property(text, (value) => {
        for (const { name, port = 22 } of withinTime(() => parseJumps(value)) ?? []) {
          expect(name).not.toBe('')
          expect(port).toBeGreaterThan(0)
          expect(port).toBeLessThan(65_536)
        }
      }),
      runs(15),
    )
  })

  it('is matched quickly, however many wildcards it has', () => {
    const pattern = fc.string({
      unit: fc.constantFrom('*', '*a', '?', 'a', 'b', '[', ']', '!', '\\', '^', '-', '[:alpha:]'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(pattern, fc.integer({ min: 0, max: 255 }), (each, length) => {
        const name = `${'a'.repeat(length)}c`
        expect(withinTime(() => patternMatches(each, name))).toBeTypeOf('boolean')
        try {
          expect(withinTime(() => globMatches(each, name))).toBeTypeOf('boolean')
        } catch (error) {
          // A range that ends before it begins.
          expect(error).toBeInstanceOf(SyntaxError)
        }
      }),
      runs(10),
    )
  })
})
