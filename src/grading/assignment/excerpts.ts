import { stripVTControlCharacters } from 'node:util'
import type { SandboxResult } from '../../runner/result.ts'
import { visible } from '../../units/visible.ts'
import type { ReportRun } from '../report/report-schema.ts'

const mostCharacters = 4096

/** The beginning of a text for the staff, without colours and control characters. */
export function forStaff(text: string | Uint8Array, most = mostCharacters): string {
  const whole =
    typeof text === 'string' ? text : new TextDecoder().decode(text.subarray(0, 4 * most))
  const start = whole.length > most ? `${whole.slice(0, most)}…` : whole
  return visible(stripVTControlCharacters(start))
}

/** The report's entry for a run. */
export function describeRun(
  result: SandboxResult<string | Uint8Array>,
  stdin: string | undefined,
): ReportRun {
  const { status, exitCode, signal, reason, usage, attempts } = result
  const { wallTimeMs, cpuTimeMs, maxRssBytes, peakMemoryBytes, waitTimeMs } = usage
  return {
    command: forStaff([result.command, ...result.args].join(' '), 200),
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    reason: forStaff(reason),
    usage: {
      wallTimeMs,
      cpuTimeMs,
      maxRssBytes,
      peakMemoryBytes,
      ...(waitTimeMs === undefined ? {} : { waitTimeMs }),
    },
    limits: describeLimits(result.limits),
    attempts,
    ...(isCloseToLimit(result) ? { closeToLimit: true as const } : {}),
    ...(stdin === undefined ? {} : { stdin: forStaff(stdin) }),
    stdout: forStaff(result.stdout),
    stderr: forStaff(result.stderr),
  }
}

/**
 * Whether a time is from 80 % to 120 % of its limit. A slightly slower or faster machine could judge such a run
 * differently.
 */
function isCloseToLimit({ usage, limits }: SandboxResult<string | Uint8Array>): boolean {
  const isClose = (timeMs: number, limitMs: number | undefined) =>
    limitMs !== undefined && timeMs >= limitMs * 0.8 && timeMs <= limitMs * 1.2
  return isClose(usage.wallTimeMs, limits.wallTimeMs) || isClose(usage.cpuTimeMs, limits.cpuTimeMs)
}

function describeLimits(limits: object): ReportRun['limits'] {
  const kept = Object.entries(limits).filter((entry): entry is [string, number | string] =>
    typeof entry[1] === 'number' ? Number.isFinite(entry[1]) : typeof entry[1] === 'string',
  )
  return Object.fromEntries(kept)
}
