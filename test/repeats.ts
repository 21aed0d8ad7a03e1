/** Whether `npm run test:endurance` runs, which sets this variable. */
const isEndurance = process.env.GRADEBOX_REPEATS === '1'

/**
 * The settings in which a test runs: in `npm test` the first ones, which differ in kind; in `npm run test:endurance`
 * also those that repeat them.
 */
export const withRepeats = <T>(kinds: readonly T[], repeats: readonly T[]): readonly T[] =>
  isEndurance ? [...kinds, ...repeats] : kinds

/** How often a test repeats what goes wrong by chance: a few times in `npm test`, many in `npm run test:endurance`. */
export const repeats = (few: number, many: number): number => (isEndurance ? many : few)
