/** The live view of an operation: lines for a terminal, made from one snapshot. Pure; the painter draws them. */
import stringWidth from 'string-width'
import type { HostProgress, PhaseProgress } from '../../operations/progress.js'
import { plainLine } from '../../values/plain-text.js'
import { MARK } from '../../operations/step-marks.js'
import type { ErrorReport } from '../../errors/index.js'
import type { RunningStep } from '../../client/running-steps.js'
import { isClosed, type OperationSnapshot } from '../../client/snapshot.js'
import type { Style } from '../io.js'
import { answerFor, waitsFor, type Waiting } from '../waits-for.js'
import { formatDuration } from './duration.js'
import { REACH_WORDS } from './lines.js'
import { colourOf } from './colours.js'
import { runsIn } from './phase-of-step.js'
import { padded } from './table.js'
import { withoutChange } from './looks.js'
import { fit } from './width.js'
import { wrap } from './wrap.js'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const SPIN_MS = 100
/** How many hosts get their own line under a phase. */
const HOST_LINES = 8
const DURATION_WIDTH = 8

/** What a frame depends on besides the snapshot. */
export interface Frame {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly columns: number
  readonly rows: number
  /** False: a still picture, which is not drawn again. */
  readonly animate?: boolean
  /** True: what the operation waits for is left out, because it is told below the view. */
  readonly isWaitingTold?: boolean
}

/** The lines of a frame, none wider than the terminal, and fewer than it has rows. */
export function renderLiveView(snapshot: OperationSnapshot, style: Style, frame: Frame): string[] {
  const phases = snapshot.progress?.phases ?? []
  const titleWidth = Math.max(0, ...phases.map(({ title }) => stringWidth(title)))
  const lines = phases.flatMap((phase) => renderPhase(phase, snapshot, style, frame, titleWidth))
  const foot = renderFoot(snapshot, style, frame)
  const room = Math.max(1, frame.rows - 1 - foot.length)
  // On a short terminal, the oldest lines are left out first.
  return [...lines.slice(-room), ...foot].map((line) => fit(line, frame.columns))
}

function renderPhase(
  phase: PhaseProgress,
  snapshot: OperationSnapshot,
  style: Style,
  frame: Frame,
  titleWidth: number,
): string[] {
  const title = padded(phase.title, titleWidth)
  if (phase.state === 'pending') return [style.dim(`  ${MARK.pending} ${phase.title}`)]
  const left = `  ${phaseMark(phase, snapshot, style, frame)} ${style.bold(title)}  ${renderHosts(phase, snapshot, style)}`
  const end = phase.finishedAt ?? (isClosed(snapshot) ? snapshot.closedAt : frame.now)
  const elapsed = (end ?? frame.now) - (phase.startedAt ?? frame.now)
  // A running phase counts whole seconds, so that little needs to be redrawn.
  const shown = phase.finishedAt === undefined ? Math.floor(elapsed / 1000) * 1000 : elapsed
  const duration = formatDuration(shown).padStart(DURATION_WIDTH)
  const body = fit(left, frame.columns - DURATION_WIDTH)
  const gap = ' '.repeat(Math.max(0, Math.min(frame.columns, 100) - DURATION_WIDTH - stringWidth(body)))
  return [`${body}${gap}${style.dim(duration)}`, ...renderHostLines(phase, snapshot, style, frame)]
}

function phaseMark(
  phase: PhaseProgress,
  snapshot: OperationSnapshot,
  style: Style,
  { now, animate }: Frame,
): string {
  if (phase.state !== 'running') return colourOf(phase.state, style)(MARK[phase.state])
  if (snapshot.reach !== 'worker') return style.yellow('▮')
  if (animate === false) return style.cyan(MARK.running)
  return style.cyan(SPINNER[Math.floor(now / SPIN_MS) % SPINNER.length] ?? MARK.running)
}

/** Right of the title: one host with what was done there, or how far the hosts are. */
function renderHosts(phase: PhaseProgress, snapshot: OperationSnapshot, style: Style): string {
  const [only, ...others] = phase.hosts
  if (only === undefined) return style.dim('no hosts')
  if (others.length === 0) return renderOnlyHost(phase, only, snapshot, style)
  const count = (...states: readonly string[]): number =>
    phase.hosts.filter(({ state }) => states.includes(state)).length
  const finished = count('done', 'unchanged')
  if (phase.state === 'running' || phase.state === 'failed' || phase.state === 'blocked') {
    return `${finished} of ${phase.hosts.length} hosts`
  }
  const [changed, skipped] = [count('done'), count('skipped')]
  const left = skipped === 0 ? '' : style.yellow(`, ${skipped} left out`)
  const what = changed === 0 ? style.dim(` ${withoutChange(phase)}`) : `, ${changed} changed`
  return `${phase.hosts.length} hosts${what}${left}`
}

function renderOnlyHost(
  phase: PhaseProgress,
  host: HostProgress,
  snapshot: OperationSnapshot,
  style: Style,
): string {
  if (host.state === 'running') return `${host.host}${doing(stepOf(snapshot, phase, host), style)}`
  return `${host.host}${host.summary === undefined ? '' : `: ${plainLine(host.summary)}`}`
}

/** Under the title: a line for each host that runs, was left out, is parked or has failed. */
function renderHostLines(
  phase: PhaseProgress,
  snapshot: OperationSnapshot,
  style: Style,
  { now }: Frame,
): string[] {
  const [troubled, left] = [phase.hosts.filter(hasTrouble), phase.hosts.filter(isLeftOut)]
  const running = phase.hosts
    .filter((host) => host.state === 'running')
    .flatMap((host) =>
      renderRunning(host, phase.hosts.length === 1, stepOf(snapshot, phase, host), style, now),
    )
  const shown = running.slice(0, HOST_LINES)
  const more = running.length - shown.length
  return [
    ...shown,
    ...(more > 0 ? [style.dim(`      and ${more} more`)] : []),
    ...left.map((host) => renderMarked(host, `left out, ${host.summary ?? ''}`, style)),
    ...troubled.map((host) => renderMarked(host, `${host.error.message} (${host.error.code})`, style)),
  ]
}

function hasTrouble(host: HostProgress): host is HostProgress & { error: ErrorReport } {
  return host.error !== undefined
}

/** Whether the host was left out because of this phase; later phases only say how many were. */
function isLeftOut({ state, summary }: HostProgress): boolean {
  return state === 'skipped' && summary !== undefined
}

function renderMarked({ host, state }: HostProgress, what: string, style: Style): string {
  return `      ${colourOf(state, style)(`${MARK[state]} ${host}: ${plainLine(what)}`)}`
}

/** What a host is doing, unless the title line already says so, or when it will try again. */
function renderRunning(
  { host }: HostProgress,
  isOnly: boolean,
  step: RunningStep | undefined,
  style: Style,
  now: number,
): string[] {
  const wait = (step?.nextAttemptAt ?? 0) - now
  if (step?.lastError !== undefined && wait > 0) {
    const { attempt, lastError } = step
    return [
      `      ${style.yellow(`↻ ${host}: attempt ${attempt} in ${formatDuration(wait)} after: ${plainLine(lastError.message)}`)}`,
    ]
  }
  return isOnly ? [] : [`      ${style.cyan('▸')} ${host}${doing(step, style)}`]
}

function renderFoot(snapshot: OperationSnapshot, style: Style, frame: Frame): string[] {
  const { progress, reach } = snapshot
  const waiting = waitsFor(snapshot)
  const warnings = (progress?.warnings ?? []).map((warning) => style.yellow(`  ⚠ ${plainLine(warning)}`))
  // Without a worker nothing can be decided, so what waits for a decision is not news.
  if (waiting?.kind === 'worker') return [...warnings, ...renderNoWorker(waiting, style, frame)]
  return [
    ...warnings,
    ...(frame.isWaitingTold === true ? [] : renderWaiting(snapshot, style)),
    ...(reach === 'worker' || isClosed(snapshot) ? [] : [style.yellow(`  ▮ ${REACH_WORDS[reach]}`)]),
  ]
}

/** In whole sentences, over as many lines as they take. */
function renderNoWorker(
  { why, hint }: Waiting & { kind: 'worker' },
  style: Style,
  { columns }: Frame,
): string[] {
  const lines = (text: string) => wrap(plainLine(text), columns - 4)
  return [
    ...lines(why).map((line, index) => style.yellow(`  ${index === 0 ? '▮' : ' '} ${line}`)),
    ...lines(hint).map((line, index) => `  ${index === 0 ? style.cyan('→') : ' '} ${line}`),
  ]
}

/** What the operation cannot go on without, or what is parked while other hosts go on, and the command that answers. */
function renderWaiting(snapshot: OperationSnapshot, style: Style): string[] {
  const { cluster, progress } = snapshot
  if (isClosed(snapshot) || progress === undefined) return []
  const waiting = waitsFor(snapshot)
  const answer = `\`${answerFor(waiting ?? { kind: 'paused' }, cluster)}\``
  if (waiting?.kind === 'outside') return [style.yellow(`  ▮ waiting for ${waiting.what} (or ${answer})`)]
  const steps = progress.blocked.map(({ step }) => step).join(', ')
  if (waiting?.kind === 'approval')
    return [style.yellow(`  ${MARK.blocked} waits for your approval: ${answer}`)]
  if (waiting?.kind === 'paused') return [style.yellow(`  ${MARK.blocked} paused: ${answer}`)]
  return steps === '' ? [] : [style.yellow(`  ${MARK.blocked} waits for you: ${answer} (${steps})`)]
}

/** A host may be in several phases at once, and each shows its own step there. */
function stepOf(
  snapshot: OperationSnapshot,
  phase: PhaseProgress,
  { host }: HostProgress,
): RunningStep | undefined {
  return snapshot.steps.find((step) => step.host === host && runsIn(step.activity, phase))
}

function doing(step: RunningStep | undefined, style: Style): string {
  const line = plainLine(step?.line ?? '')
  return line === '' ? '' : ` ${style.dim(`▸ ${line}`)}`
}
