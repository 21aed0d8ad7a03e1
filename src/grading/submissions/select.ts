import { createHash } from 'node:crypto'
import picomatch from 'picomatch'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { quoted } from '../../units/visible.ts'

/** Globs for the ids of the submissions to grade, separated by commas. `gradebox grade --only` sets this variable. */
export const ONLY_VARIABLE = 'GRADEBOX_ONLY'

/** `I/N` means: grade the I-th of N parts of the submissions. `gradebox grade --shard` sets this variable. */
export const SHARD_VARIABLE = 'GRADEBOX_SHARD'

/** One of `count` parts of a class. `index` counts from 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/**
 * Reads a shard as a user writes it on the command line.
 *
 * @throws {SandboxError} OPTION_INVALID for a text that is not `I/N` with I from 1 to N
 * @example
 * parseShard('2/4') // { index: 2, count: 4 }
 */
export function parseShard(text: string): Shard {
  const [, index = '', count = ''] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (shard.index >= 1 && shard.index <= shard.count) return shard
  throw new SandboxError(`Expected a shard such as \`2/4\`, got ${quoted(text)}`, {
    code: 'OPTION_INVALID',
    hint: 'The first number is from 1 to the second number.',
  })
}

/** The shard that this process grades; undefined for the whole class. */
export function chosenShard(variable = process.env[SHARD_VARIABLE]): Shard | undefined {
  return variable === undefined || variable === '' ? undefined : parseShard(variable)
}

/**
 * Selects the submissions to grade: all submissions whose ids match a glob, or one shard of the matching submissions.
 * The sizes of two shards differ by at most one submission. The hashes of the ids decide the shards, so every machine
 * divides the same submissions in the same way.
 *
 * @param only globs, separated by commas; empty for all submissions
 * @throws {SandboxError} OPTION_INVALID when no submission matches, and when there are more shards than submissions
 */
export function selectSubmissions<Found extends { readonly id: string }>(
  found: readonly Found[],
  only = process.env[ONLY_VARIABLE] ?? '',
  shard: Shard | undefined = chosenShard(),
): Found[] {
  // All ids are in Unicode's form NFC. A name that a user copies from a macOS folder is in another Unicode form.
  const globs = only
    .normalize('NFC')
    .split(',')
    .filter((glob) => glob !== '')
  const matches = globs.length === 0 ? () => true : picomatch(globs, { dot: true })
  const chosen = found.filter(({ id }) => globs.includes(id) || matches(id))
  if (chosen.length === 0 && found.length > 0) {
    throw new SandboxError(`No submission matches ${quoted(only)}`, {
      code: 'OPTION_INVALID',
      hint: `There are ${found.length}, such as ${quoted(found[0]?.id)}.`,
    })
  }
  if (shard === undefined) return chosen
  // An empty shard would write no report, and `gradebox merge` would miss this report.
  if (shard.count > chosen.length) {
    const plural = chosen.length === 1 ? '' : 's'
    throw new SandboxError(
      `There are ${shard.count} shards for ${chosen.length} submission${plural}`,
      { code: 'OPTION_INVALID', hint: `Use at most ${chosen.length} shard${plural}.` },
    )
  }
  const order = chosen
    .map(({ id }) => ({ id, hash: createHash('sha256').update(id).digest('hex') }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
  const own = new Set(
    order.filter((_, place) => place % shard.count === shard.index - 1).map(({ id }) => id),
  )
  return chosen.filter(({ id }) => own.has(id))
}
