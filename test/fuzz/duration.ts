import { randomInt } from 'node:crypto'

const PARTS = 3
const seconds = Number(process.env.GRADEBOX_FUZZ_SECONDS ?? 120)
if (!(seconds > 0)) throw new Error('GRADEBOX_FUZZ_SECONDS must be a number of seconds above 0')

const given = process.env.GRADEBOX_FUZZ_SEED

/** Calls a function with one seed after another for this part's share of the time, and prints each seed. */
export async function forSeeds(what: string, attempt: (seed: number) => Promise<string>) {
  const end = performance.now() + (seconds * 1000) / PARTS
  do {
    const seed = given === undefined ? randomInt(2 ** 31) : Number(given)
    try {
      console.log(`${what}, seed ${seed}: ${await attempt(seed)}`)
    } catch (error) {
      throw new Error(`${what} failed; GRADEBOX_FUZZ_SEED=${seed} repeats it`, { cause: error })
    }
  } while (given === undefined && performance.now() < end)
}
