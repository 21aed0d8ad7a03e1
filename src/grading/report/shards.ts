import { SandboxError } from '../../errors/sandbox-error.ts'
import { mergeReports } from './merge-reports.ts'
import type { Report } from './report-schema.ts'

/**
 * Joins the reports of all shards of a class.
 *
 * @param named each report under a name, such as its path
 * @throws {SandboxError} OPTION_INVALID for missing shards, repeated shards, and shards of different gradings
 */
export function mergeShards(named: Readonly<Record<string, Report>>): Report {
  const shards = Object.entries(named).flatMap(([name, { shard }]) =>
    shard === undefined ? [] : [{ name, ...shard }],
  )
  if (shards.length > 0) checkShards(shards, Object.keys(named))
  return mergeReports(Object.values(named))
}

interface NamedShard {
  readonly name: string
  readonly index: number
  readonly count: number
}

function checkShards(shards: readonly NamedShard[], names: readonly string[]): void {
  const [first] = shards
  const whole = names.find((name) => !shards.some((shard) => shard.name === name))
  if (whole !== undefined) throw refused(`${whole} is not a shard, but the others are`)
  const other = shards.find(({ count }) => count !== first?.count)
  if (first === undefined || other !== undefined) {
    throw refused(
      `${first?.name} is one of ${first?.count} shards, and ${other?.name} is one of ${other?.count}`,
    )
  }
  for (let index = 1; index <= first.count; index++) {
    const same = shards.filter((shard) => shard.index === index)
    if (same.length === 0) throw refused(`shard ${index}/${first.count} is missing`)
    if (same.length > 1) {
      throw refused(
        `${same.map(({ name }) => name).join(' and ')} are both shard ${index}/${first.count}`,
      )
    }
  }
}

const refused = (why: string): SandboxError =>
  new SandboxError(`The reports cannot be merged: ${why}`, {
    code: 'OPTION_INVALID',
    hint: 'Give the report of every shard, each once, from one version of one assignment.',
  })
