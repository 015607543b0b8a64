/** The systemd unit that keeps the engine running without a login: its text, and where it is. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Invocation } from '../../temporal/installation.js'
import { defined } from '../../values/defined.js'

/** The unit's name, the same for every user. */
export const UNIT = 'quorate-engine.service'

/** Which manager of systemd has the unit: that of the user, or that of the machine. */
export type UnitScope = 'user' | 'system'

/** Where a unit is. */
export interface UnitPlace {
  readonly scope: UnitScope
  readonly file: string
}

/** What a unit is made of. */
export interface UnitContent extends UnitPlace {
  /** How the unit starts the engine. */
  readonly program: Invocation
  /** The engine's folder. */
  readonly folder: string
  /** What the engine finds in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Variables that the owner adds, one `NAME=value` a line; need not exist. */
  readonly environmentFile: string
  /** What the engine's main process says goes to the end of this file. */
  readonly log: string
}

/** First words of every unit that we write; another file is never replaced. */
export const MARK = '# Written by `quorate engine install`.'

/**
 * Root's unit belongs to the machine: it needs no lingering, and `sudo` has no user manager to talk to. Everybody else's
 * belongs to their user manager.
 */
export function unitPlace(
  uid = process.getuid?.(),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): UnitPlace {
  if (uid === 0) return { scope: 'system', file: join('/etc/systemd/system', UNIT) }
  const named = environment.XDG_CONFIG_HOME ?? ''
  const folder = isAbsolute(named) ? named : join(homedir(), '.config')
  return { scope: 'user', file: join(folder, 'systemd', 'user', UNIT) }
}

/**
 * The unit's text. Only what works in a user manager is used to harden it: what needs a namespace for mounts would also
 * need one for users, in which files of root and others look as if they were nobody's (systemd.exec(5), PrivateUsers=).
 */
export function unitText(content: UnitContent): string {
  const { scope, file, program, folder, environment, environmentFile, log } = content
  const variables = Object.entries(environment).map(([name, value]) => variable(name, value))
  const words = [program.command, ...program.args, 'engine', 'run', '--unit', file, '--scope', scope]
  return `${MARK} \`quorate engine uninstall\` removes it; \`systemctl edit\` adds to it.
[Unit]
Description=Quorate's engine: a Temporal server and a worker
${scope === 'system' ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}
WorkingDirectory=${withoutSpecifiers(folder)}
Environment=${variables.join(' ')}
EnvironmentFile=-${withoutSpecifiers(environmentFile)}
StandardOutput=append:${withoutSpecifiers(log)}
StandardError=inherit
Restart=always
RestartSec=5
# The engine ends its worker, then its server; what is left after that is killed.
KillMode=mixed
TimeoutStopSec=45
OOMPolicy=continue
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=${scope === 'system' ? 'multi-user.target' : 'default.target'}
`
}

/**
 * What the engine needs of the caller's environment. Nothing else is kept: everybody may read the environment of a
 * unit of the machine.
 */
export function unitEnvironment(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const { PATH, QUORATE_TEMPORAL_CLI } = environment
  return defined({ HOME: homedir(), QUORATE_HOME: folder, PATH, QUORATE_TEMPORAL_CLI })
}

/** A variable as it stands in the unit. */
export function variable(name: string, value: string): string {
  return quoted(`${name}=${value}`)
}

/** A word in double quotes, as systemd.syntax(7) wants it. */
function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `"${withoutSpecifiers(escaped)}"`
}

/** `%` begins a specifier everywhere in a unit (systemd.unit(5)). */
function withoutSpecifiers(text: string): string {
  return text.replaceAll('%', '%%')
}
