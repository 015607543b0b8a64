/** Our reading of ssh configuration against OpenSSH's own (`ssh -G`), on configurations made at random. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readDirectives } from '../../../src/ssh-config/directives.js'
import { expandHostName, settingsFor } from '../../../src/ssh-config/settings.js'
import { defined } from '../../../src/values/defined.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-ssh-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Answers = Readonly<Record<string, readonly string[]>>

const ASKED = [
  'hostname',
  'user',
  'port',
  'identityfile',
  'identitiesonly',
  'identityagent',
  'proxyjump',
  'proxycommand',
  'userknownhostsfile',
  'hostkeyalias',
  'stricthostkeychecking',
] as const

function openssh(file: string, name: string, user: string | undefined): Answers {
  const login = user === undefined ? [] : ['-l', user]
  const output = execFileSync('ssh', ['-G', '-F', file, ...login, '--', name], { encoding: 'utf8' })
  const answers: Record<string, string[]> = {}
  for (const line of output.trim().split('\n')) {
    const [keyword = '', ...words] = line.split(' ')
    ;(answers[keyword] ??= []).push(words.join(' '))
  }
  return answers
}

const reader = {
  readFile: (path: string) => readFileSync(path, 'utf8'),
  listFolder: (path: string) => readdirSync(path),
}

/** Our answers in the words of `ssh -G`, with its defaults. */
function ours(file: string, name: string, user: string | undefined): Answers {
  const directives = readDirectives(file, reader, {
    machine: { home: homedir() },
    folder: join(homedir(), '.ssh'),
  })
  const localUser = userInfo().username
  const said = settingsFor([directives], { name, localUser, ...defined({ user }) })
  const checking: Readonly<Record<string, string>> = { yes: 'true', no: 'false', off: 'false' }
  const strict = said.strictHostKeyChecking ?? 'ask'
  const only = (value: string | undefined) => (value === undefined ? {} : [value])
  const one = (keyword: string, value: string | undefined) =>
    value === undefined ? {} : { [keyword]: only(value) }
  return {
    hostname: [expandHostName(said.hostName, name).toLowerCase()],
    user: [said.user ?? localUser],
    port: [String(said.port ?? 22)],
    ...defined({ identityfile: said.identityFiles }),
    identitiesonly: [said.identitiesOnly === true ? 'yes' : 'no'],
    ...one('identityagent', said.identityAgent),
    ...one('proxyjump', said.proxyJump === 'none' ? undefined : said.proxyJump),
    ...one('proxycommand', said.proxyCommand === 'none' ? undefined : said.proxyCommand),
    ...(said.userKnownHostsFiles === undefined
      ? {}
      : { userknownhostsfile: [said.userKnownHostsFiles.join(' ')] }),
    ...one('hostkeyalias', said.hostKeyAlias),
    stricthostkeychecking: [checking[strict] ?? strict],
  }
}

/** The answers to compare: what is a default of OpenSSH's is left out where we say nothing. */
function compared(answers: Answers, saidByUs: Answers): Answers {
  return Object.fromEntries(
    ASKED.filter((keyword) => keyword in answers && (keyword in saidByUs || !DEFAULTED.has(keyword))).map(
      (keyword) => [keyword, answers[keyword] ?? []],
    ),
  )
}
const DEFAULTED = new Set(['identityfile', 'userknownhostsfile'])

const NAMES = ['cp1', 'cp2', 'cp1.lab', 'lb1', 'CP1', '10.0.0.11']
const PATTERNS = [...NAMES, '*', 'cp*', 'cp?', '*.lab', '!cp1', '!*.lab', '10.0.*', '?p1', '[c]p1', 'cp?*']
const USERS = ['ops', 'admin', 'root']

const pick = (...values: readonly string[]) => fc.constantFrom(...values)
const setting = fc.oneof(
  pick('cp1.internal', '%h.internal', '192.0.2.7', 'a%%b').map((value) => `HostName ${value}`),
  pick(...USERS).map((value) => `User ${value}`),
  fc.integer({ min: 1, max: 65_535 }).map((value) => `Port ${value}`),
  pick('~/.ssh/one', '/keys/two', '"/keys/with space"', '~/.ssh/id_%h', "'/keys/single'").map(
    (value) => `IdentityFile ${value}`,
  ),
  pick('yes', 'no').map((value) => `IdentitiesOnly ${value}`),
  pick('none', '/run/agent.sock', 'SSH_AUTH_SOCK').map((value) => `IdentityAgent ${value}`),
  pick('none', 'bastion', 'ops@bastion:2222', 'one,two').map((value) => `ProxyJump ${value}`),
  pick('none', 'ssh -W %h:%p bastion').map((value) => `ProxyCommand ${value}`),
  pick('/etc/hosts.known', '/one /two', '"/with space"').map((value) => `UserKnownHostsFile ${value}`),
  pick('alias1', 'alias2').map((value) => `HostKeyAlias ${value}`),
  pick('yes', 'no', 'ask', 'accept-new', 'off').map((value) => `StrictHostKeyChecking ${value}`),
  pick('ForwardAgent yes', 'Compression no', '# a comment', '', 'ServerAliveInterval 30'),
)
/** The same in another spelling: case of the keyword, equals sign, blanks, comment. */
const spelled = fc
  .tuple(setting, pick('  ', '', '\t'), fc.boolean(), pick(' ', '=', ' = ', '\t'), pick('', ' # why', '  '))
  .map(([line, indent, upper, separator, end]) => {
    const [keyword = '', ...rest] = line.split(' ')
    if (keyword === '' || keyword === '#') return line
    // OpenSSH takes the rest of the line as it stands, comment and all.
    const tail = /^Proxy/.test(line) ? '' : end
    return `${indent}${upper ? keyword.toUpperCase() : keyword}${separator}${rest.join(' ')}${tail}`
  })

const criterion = fc.oneof(
  fc.uniqueArray(pick(...PATTERNS), { minLength: 1, maxLength: 2 }).map((names) => `host ${names.join(',')}`),
  fc
    .uniqueArray(pick(...PATTERNS), { minLength: 1, maxLength: 2 })
    .map((names) => `originalhost ${names.join(',')}`),
  pick(...USERS, '*', '!root,*').map((user) => `user ${user}`),
  pick(...USERS, '*').map((user) => `localuser ${user}`),
)
const match = fc.oneof(
  pick('all'),
  fc
    .array(fc.tuple(fc.boolean(), criterion), { minLength: 1, maxLength: 2 })
    .map((all) => all.map(([negated, each]) => `${negated ? '!' : ''}${each}`).join(' ')),
)
const head = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .uniqueArray(pick(...PATTERNS), { minLength: 1, maxLength: 3 })
      .map((all) => `Host ${all.join(' ')}`),
  },
  { weight: 1, arbitrary: match.map((criteria) => `Match ${criteria}`) },
)
const section = fc
  .tuple(head, fc.array(spelled, { maxLength: 4 }))
  .map(([first, lines]) => [first, ...lines].join('\n'))
const body = fc
  .tuple(fc.array(spelled, { maxLength: 2 }), fc.array(section, { maxLength: 4 }))
  .map(([lines, sections]) => [...lines, ...sections].join('\n'))

it('every supported setting has the value that ssh -G prints', () => {
  mkdirSync(join(folder, 'conf.d'), { recursive: true })
  const include = pick(
    `Include ${folder}/conf.d/*.conf`,
    `Include ${folder}/conf.d/b.conf ${folder}/nothing`,
    '',
  )
  fc.assert(
    fc.property(
      body,
      include,
      body,
      fc.tuple(body, body),
      pick(...NAMES),
      fc.option(pick(...USERS), { nil: undefined }),
      (before, includes, after, [one, other], name, user) => {
        writeFileSync(join(folder, 'conf.d', 'a.conf'), `${one}\n`)
        writeFileSync(join(folder, 'conf.d', 'b.conf'), `${other}\n`)
        const file = join(folder, 'config')
        writeFileSync(file, `${before}\n${includes}\n${after}\n`)
        const said = ours(file, name, user)
        expect(compared(said, said)).toEqual(compared(openssh(file, name, user), said))
      },
    ),
    { numRuns: 150 },
  )
})
