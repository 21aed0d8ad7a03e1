import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import type { Finding, MatcherContext } from './context.ts'
import { limitPhrase } from './limit.ts'
import type { AnyResult } from './received.ts'
import { tail } from './tail.ts'
import { isOutputLimited, limitOfVerdict, verdictFacts } from './verdict.ts'
import { commandLine, visible } from './visible.ts'

/**
 * Builds the message of every failed matcher, in this order: the assertion, what was expected and
 * received, the matcher's notes, then the run: reason, verdict, limits, usage, command, policy and
 * the ends of stdout and stderr.
 *
 * @param hint - The assertion as `matcherHint()` prints it.
 */
export function failureMessage(
  context: MatcherContext,
  hint: string,
  result: AnyResult,
  finding: Finding,
): string {
  return [
    hint,
    comparison(context, finding),
    ...(finding.notes ?? []),
    runReport(result, finding.limits),
  ].join('\n\n')
}

function comparison({ isNot, utils }: MatcherContext, { expected, received }: Finding): string {
  return [
    `Expected: ${isNot === true ? 'not ' : ''}${utils.EXPECTED_COLOR(expected)}`,
    `Received: ${utils.RECEIVED_COLOR(received)}`,
  ].join('\n')
}

/**
 * What a run did, for a person: reason, verdict, limits, usage, command, policy and the ends of
 * stdout and stderr.
 *
 * @param limits - The limits to show besides the one that the verdict names.
 */
export function runReport(result: AnyResult, limits: NonNullable<Finding['limits']> = []): string {
  const fields = {
    reason: visible(result.reason),
    verdict: verdictFacts(result),
    limits: limitsPhrase(result, limits),
    usage: usagePhrase(result),
    command: commandLine(result.command, result.args),
    policy: visible(result.policy),
  }
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(8)} ${value}`)
  return [...lines, tail('stdout', result.stdout), tail('stderr', result.stderr)].join('\n')
}

function limitsPhrase(result: AnyResult, subjects: NonNullable<Finding['limits']>): string {
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
