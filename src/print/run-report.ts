import type { LimitName } from '../limits/table.ts'
import type { AnyResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import { visibleLine } from '../units/visible.ts'
import { limitPhrase } from './limit.ts'
import { tail } from './tail.ts'
import { isOutputLimited, limitOfVerdict, verdictFacts } from './verdict-phrase.ts'

/**
 * Describes a run for a person: reason, verdict, limits, usage, command, policy and the ends of stdout and
 * stderr.
 *
 * @param limits - limits to show in addition to the limit that the verdict names
 */
export function runReport(result: AnyResult, limits: readonly LimitName[] = []): string {
  const fields = {
    reason: visibleLine(result.reason),
    verdict: verdictFacts(result),
    limits: limitsPhrase(result, limits),
    usage: usagePhrase(result),
    command: commandLine(result.command, result.args),
    policy: visibleLine(result.policy),
  }
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(8)} ${value}`)
  return [...lines, tail('stdout', result.stdout), tail('stderr', result.stderr)].join('\n')
}

function limitsPhrase(result: AnyResult, subjects: readonly LimitName[]): string {
  const hit = limitOfVerdict(result.status)
  const names = new Set(hit === undefined ? subjects : [hit, ...subjects])
  return [...names].map((name) => limitPhrase(result, name)).join(', ')
}

function usagePhrase(result: AnyResult): string {
  const { usage, truncated } = result
  const parts = [
    `walltime ${formatDuration(usage.wallTimeMs)}`,
    `cpu ${formatDuration(usage.cpuTimeMs)} (user ${formatDuration(usage.userTimeMs)}, system ${formatDuration(usage.systemTimeMs)})`,
    `memory ${formatSize(usage.peakMemoryBytes)}`,
  ]
  if (truncated) parts.push(isOutputLimited(result) ? 'output cut at its limit' : 'output cut')
  return parts.join(', ')
}

const mostCharacters = 200

/**
 * A command line as a person would type it, on one line of at most 200 characters, with unusual words in
 * quotes.
 */
export function commandLine(command: string, args: readonly string[]): string {
  const words: string[] = []
  let length = 0
  for (const word of [command, ...args]) {
    // The message shows nothing beyond this length, and a program's arguments may be megabytes long.
    if (length > mostCharacters) break
    const start = word.slice(0, mostCharacters + 1)
    words.push(/^[\w@%+=:,./-]+$/.test(start) ? start : JSON.stringify(start))
    length += start.length + 1
  }
  const line = visibleLine(words.join(' '))
  return line.length <= mostCharacters ? line : `${line.slice(0, mostCharacters - 1)}…`
}
