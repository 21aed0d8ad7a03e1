import type { LimitName } from '../policy/policy.ts'
import type { AnyResult, EnforcementByLimit } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'

interface LimitFormat {
  /** The limit's name in the `limits` option. */
  readonly option: keyof EnforcementByLimit
  readonly format: (value: number) => string
}

const formats: Readonly<Record<LimitName, LimitFormat>> = {
  wallTimeMs: { option: 'walltime', format: formatDuration },
  cpuTimeMs: { option: 'cpu', format: formatDuration },
  memoryBytes: { option: 'memory', format: formatSize },
  outputBytes: { option: 'output', format: formatSize },
  fileSizeBytes: { option: 'fileSize', format: formatSize },
  diskBytes: { option: 'disk', format: formatSize },
  stackBytes: { option: 'stack', format: formatSize },
  addressSpaceBytes: { option: 'addressSpace', format: formatSize },
  processes: { option: 'processes', format: String },
  openFiles: { option: 'openFiles', format: String },
  coreBytes: { option: 'core', format: formatSize },
}

/** A limit's name in the `limits` option: `walltime` for `wallTimeMs`. */
export function limitOption(name: LimitName): string {
  return formats[name].option
}

/** A run's limit and how it was held: `memory 64 MiB (cgroup)`; `no memory limit` without one. */
export function limitPhrase(result: AnyResult, name: LimitName): string {
  const { option, format } = formats[name]
  const value = result.limits[name]
  if (value === undefined) return `no ${option} limit`
  const enforcement = result.enforcement[option]
  return `${option} ${format(value)}${enforcement === undefined ? '' : ` (${enforcement})`}`
}
