import { ISOLATION_LEVELS, type IsolationLevel, LOSSES } from '../runner/isolation/level.ts'

/** The weakest of some levels; undefined if every level is `full`. A level that is undefined counts as `full`. */
export function weakestBelowFull(
  levels: readonly (IsolationLevel | undefined)[],
): Exclude<IsolationLevel, 'full'> | undefined {
  const rank = (level: IsolationLevel) => ISOLATION_LEVELS.indexOf(level)
  const weakest = levels.reduce<IsolationLevel>(
    (found, level = 'full') => (rank(level) > rank(found) ? level : found),
    'full',
  )
  return weakest === 'full' ? undefined : weakest
}

/**
 * The line about a project whose runs had a weaker isolation.
 *
 * @param project the project's name; empty if the project has no name
 * @example
 * isolationLine('confined', '') // ' gradebox  isolation: confined; programs see which files …'
 */
export const isolationLine = (level: Exclude<IsolationLevel, 'full'>, project: string): string =>
  ` gradebox  isolation${project === '' ? '' : ` (${project})`}: ${level}; ${LOSSES[level]}`
