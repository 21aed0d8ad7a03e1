import {
  type LimitKind,
  type LimitName,
  type LimitOption,
  limitOption,
  limitTable,
} from '../limits/table.ts'
import type { AnyResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'

const formats: Readonly<Record<LimitKind, (value: number) => string>> = {
  duration: formatDuration,
  size: formatSize,
  count: String,
  processors: String,
}

/** Formats a limit's value for a person: `64 MiB`. */
export const formatLimit = (option: LimitOption, value: number): string =>
  formats[limitTable[option].kind](value)

/** A run's limit and its enforcement: `memory 64 MiB (cgroup)`, or `no memory limit` if the run has no limit. */
export function limitPhrase(result: AnyResult, name: LimitName): string {
  const option = limitOption(name)
  const value = result.limits[name]
  if (value === undefined) return `no ${option} limit`
  const enforcement = result.enforcement[option]
  return `${option} ${formatLimit(option, value)}${enforcement === undefined ? '' : ` (${enforcement})`}`
}
