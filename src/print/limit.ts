import { type LimitKind, type LimitName, limitOption, limitTable } from '../limits/table.ts'
import type { AnyResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'

const formats: Readonly<Record<LimitKind, (value: number) => string>> = {
  duration: formatDuration,
  size: formatSize,
  count: String,
  processors: String,
}

/** A run's limit and how it was held: `memory 64 MiB (cgroup)`; `no memory limit` without one. */
export function limitPhrase(result: AnyResult, name: LimitName): string {
  const option = limitOption(name)
  const format = formats[limitTable[option].kind]
  const value = result.limits[name]
  if (value === undefined) return `no ${option} limit`
  const enforcement = result.enforcement[option]
  return `${option} ${format(value)}${enforcement === undefined ? '' : ` (${enforcement})`}`
}
