import { SandboxError } from '../../errors/sandbox-error.ts'
import type { LimitOptions } from '../../runner/options/sandbox-options.ts'
import { formatDuration, parseDuration } from '../../units/duration.ts'
import { formatSize, parseSize } from '../../units/size.ts'
import type { Floors, Language } from './language.ts'

/**
 * The limits of a run. For each limit, a later entry of this list replaces an earlier entry: the language's limits, the
 * limits for every language, the assignment's limits for this language, the test's limits, the call's limits.
 *
 * @throws {SandboxError} OPTION_INVALID for a limit under which no program of the language starts, because the failure
 *   would look like the student's fault
 */
export function limitsFor(
  language: Language,
  general: readonly (LimitOptions | undefined)[] = [],
  specific: readonly (LimitOptions | undefined)[] = [],
): LimitOptions & { readonly memory: NonNullable<LimitOptions['memory']> } {
  const limits = { ...language.limits }
  for (const layer of [...general, language.ownLimits, ...specific]) Object.assign(limits, layer)
  checkFloors(language, limits)
  return limits
}

/** The memory limit in bytes, at most 4 GiB. Without a limit, the value is also 4 GiB. */
export function memoryBytesOf({ memory }: Pick<LimitOptions, 'memory'>): number {
  const bytes =
    memory === undefined || memory === 'unlimited' ? Number.POSITIVE_INFINITY : parseSize(memory)
  return Math.min(bytes, 4 * 1024 ** 3)
}

interface Check {
  readonly limit: 'memory' | 'walltime' | 'processes'
  readonly floor: keyof Floors
  readonly parse: (value: never) => number
  readonly format: (value: number) => string
}

const checks: readonly Check[] = [
  { limit: 'memory', floor: 'memoryBytes', parse: parseSize, format: formatSize },
  { limit: 'walltime', floor: 'walltimeMs', parse: parseDuration, format: formatDuration },
  { limit: 'processes', floor: 'processes', parse: Number, format: String },
]

function checkFloors({ title, floors = {} }: Language, limits: LimitOptions): void {
  for (const { limit, floor, parse, format } of checks) {
    const least = floors[floor]
    const value = limits[limit]
    if (least === undefined || value === undefined || value === 'unlimited') continue
    if (parse(value as never) >= least) continue
    throw new SandboxError(
      `The limit \`${limit}: ${JSON.stringify(value)}\` is too small for ${title}, which needs ${format(least)} to start`,
      {
        code: 'OPTION_INVALID',
        hint: `Raise the limit, or give ${title} its own: \`languages: { NAME: { limits: { ${limit}: … } } }\`.`,
      },
    )
  }
}

// Sets all limits, because the defaults of a test run are meant for students' programs.
const buildLimits = {
  walltime: '60s',
  cpu: '120s',
  memory: '1GiB',
  stack: '8MiB',
  output: '16MiB',
  disk: '1GiB',
  processes: 256,
  openFiles: 1024,
} satisfies LimitOptions

/** The limits of a language's builds. */
export const buildLimitsFor = ({ compileLimits }: Language): LimitOptions => ({
  ...buildLimits,
  ...compileLimits,
})
