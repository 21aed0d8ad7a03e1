/** Whether `npm run test:endurance` runs, which sets this variable. */
const isEndurance = process.env.GRADEBOX_REPEATS === '1'

/**
 * The settings in which a test runs: in `npm test` the first ones, which differ in kind; in `npm run test:endurance`
 * also those that repeat them.
 */
export const withRepeats = <T>(kinds: readonly T[], repeats: readonly T[]): readonly T[] =>
  isEndurance ? [...kinds, ...repeats] : kinds

/** The number of times that a test repeats an event of chance: a few in `npm test`, many in `npm run test:endurance`. */
export const repeats = (few: number, many: number): number => (isEndurance ? many : few)
