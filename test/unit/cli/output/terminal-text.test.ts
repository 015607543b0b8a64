import fc from 'fast-check'
import pc from 'picocolors'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { renderBlocked } from '../../../../src/cli/output/blocked.js'
import { eventsBetween } from '../../../../src/cli/output/events.js'
import { renderEvent } from '../../../../src/cli/output/lines.js'
import { renderLiveView } from '../../../../src/cli/output/live-view.js'
import { formatLogLine } from '../../../../src/cli/output/logs.js'
import { renderPlan } from '../../../../src/cli/output/plan.js'
import { renderReport } from '../../../../src/cli/output/report.js'
import { renderFailed } from '../../../../src/cli/output/summary.js'
import { renderTable } from '../../../../src/cli/output/table.js'
import { jsonText, terminalLine, terminalText, textFor } from '../../../../src/cli/output/terminal-text.js'
import { plainValue } from '../../../../src/values/plain-value.js'
import type { ErrorReport } from '../../../../src/errors/index.js'
import { aProgress, aSnapshot, MIDDLE, START } from '../../../support/snapshots.js'

const STYLE = pc.createColors(true)
/** What would steer a terminal: anything but text, line ends and our colours. */
/* eslint-disable no-control-regex -- nothing of these may be left */
const STEERS =
  /(?!\u001b\[(?:[12]|22|3[1-36]|39)m)[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
/* eslint-enable no-control-regex */

/** Clears the screen, writes the clipboard, and forges a success in our own green. */
const ATTACK =
  '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u001b[H\u001b[32m✔ prod: 5 of 5 nodes ready\u001b[39m\u009b2J\u202e\rx'

describe('printed text', () => {
  it('keeps our own colours', () => {
    const ours = `${STYLE.bold(STYLE.red('✘'))} ${STYLE.dim('text')}`
    expect(terminalText(ours)).toBe(ours)
  })

  it.each([
    ['a title', '\u001b]0;evil\u0007text', 'text'],
    ['an escape sequence hidden in one of ours', '\u001b[\u001b[31m2Jtext', '\u001b[31m2Jtext'],
    ['invisible text', '\u001b[8mtext\u001b[28m', 'text'],
    ['a background that hides the text', '\u001b[41mtext', 'text'],
    ['a tab', 'a\tb', 'a    b'],
  ])('never contains %s', (_what, text, shown) => {
    expect(terminalText(text)).toBe(shown)
  })

  it('never contains control sequences other than our own', () => {
    const pieces = [
      '\u001b',
      '[',
      ']',
      '32m',
      '2J',
      '\u001b[31m',
      '\u009b',
      '\r',
      '\t',
      '\n',
      'm',
      '\u0007',
      'é',
      '\u202e',
    ]
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...pieces) }), (text) => {
        expect(terminalText(text)).not.toMatch(STEERS)
        expect(terminalLine(text)).not.toContain('\n')
      }),
    )
  })

  it('has no colours if the stream supports none', () => {
    expect(textFor({ colours: false, symbols: true }, STYLE.green('✔ done'))).toBe('✔ done')
  })

  it('has an ASCII symbol of the same width for each of ours', () => {
    const ours = '✔✘⚠ℹ→▸▶▮⏸⤼↻│·…⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
    const shown = textFor({ colours: true, symbols: false }, ours)
    expect(shown).toMatch(/^[!-~]+$/)
    expect(shown).toHaveLength(stringWidth(ours))
  })
})

describe('JSON on a terminal', () => {
  it('is the same data with all control characters escaped', () => {
    const data = { message: ATTACK, 'na\u009bme': ['\u2028', 'plain ✔'] }
    const text = jsonText(data)
    expect(JSON.parse(text)).toEqual(data)
    expect(text).not.toMatch(STEERS)
    expect(text).toContain('✔')
  })
})

describe('text from hosts and servers', () => {
  const error: ErrorReport = {
    code: 'SSH_UNREACHABLE',
    message: `refused\n✘ forged ${ATTACK}`,
    hint: `check ${ATTACK}`,
    source: 'environment',
    host: `cp1${ATTACK}`,
    step: `joining${ATTACK}`,
    output: `\tfirst${ATTACK}\nsecond`,
  }
  const hostile = (): typeof MIDDLE => {
    const text = JSON.stringify({ ...MIDDLE, cluster: 'prod' })
    // Every text that a worker tells, with the attack in it; states and names of phases are ours.
    const data = JSON.parse(text, (key, value: unknown) =>
      ['host', 'line', 'message', 'summary', 'hint', 'step'].includes(key) && typeof value === 'string'
        ? `${value}${ATTACK}`
        : value,
    ) as typeof MIDDLE
    return plainValue(data)
  }
  const now = START + 16_000
  const frames = { now, columns: 90, rows: 40 }
  const shown: Readonly<Record<string, () => readonly string[]>> = {
    'a report': () => renderReport(error, STYLE, { verbose: true }),
    'the live view': () => renderLiveView(hostile(), STYLE, frames),
    'plain lines': () =>
      eventsBetween(undefined, hostile()).flatMap(
        (event) => renderEvent(event, STYLE, { verbose: true }) ?? [],
      ),
    'a plan': () =>
      renderPlan(
        'prod',
        {
          kubernetesVersion: 'v1.36.3',
          changes: [{ host: `cp1${ATTACK}`, phase: 'Workers', action: `join${ATTACK}` }],
          warnings: [ATTACK],
          problems: [error],
        },
        STYLE,
      ),
    'a failed run': () => renderFailed(aSnapshot({ state: 'failed', error }), STYLE, { verbose: true }),
    'a parked step': () =>
      renderBlocked([{ step: 'a/b', phase: 'Workers', since: START, error, host: 'cp1' }], STYLE, {
        now,
        verbose: true,
      }),
    'a log line': () => [
      formatLogLine('server', `a line ${ATTACK}`),
      formatLogLine('worker', JSON.stringify({ msg: ATTACK })),
    ],
    'a table': () => renderTable(['A', 'B'], [[`x\n✘ y${ATTACK}`, 'z']], STYLE),
  }

  it.each(Object.keys(shown))('cannot control the terminal through %s', (name) => {
    const text = shown[name]?.().map(terminalText).join('\n') ?? ''
    expect(text).not.toMatch(STEERS)
    expect(text).not.toMatch(/^✘ forged/m)
  })

  it.each(Object.keys(shown).filter((name) => name !== 'a table'))('cannot use our colours in %s', (name) => {
    expect(shown[name]?.().join('\n')).not.toContain('\u001b[32m✔ prod: 5 of 5')
  })

  it('keeps its column in a table, however wide its characters are', () => {
    const lines = renderTable(
      ['HOST', 'STATE'],
      [
        ['日本', 'a'],
        ['e\u0301', 'b'],
        ['👩‍💻', 'c'],
        ['a\tb', 'd'],
      ],
      pc.createColors(false),
    )
    const columns = lines.map((line) => stringWidth(line))
    expect(new Set(columns.slice(1)).size).toBe(1)
  })

  it('is kept unchanged if it is plain text', () => {
    const progress = aProgress([])
    expect(plainValue({ progress, number: 1, list: ['é ✔'] })).toEqual({ progress, number: 1, list: ['é ✔'] })
  })
})
