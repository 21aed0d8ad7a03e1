// Tries every feature as the current user. Prints one line of JSON with the outcome of each feature.
import { featureNames } from '../settings/features.ts'
import { checks, describeError } from './checks.ts'

/** How long a feature may take, in milliseconds. Emulation beside other work is some hundred times slower. */
const FEATURE_MS = 300_000

const noResult = (): Promise<string> =>
  new Promise((settle) => {
    setTimeout(() => settle(`WRONG: no result after ${FEATURE_MS} ms`), FEATURE_MS).unref()
  })

const outcomes: Record<string, string> = {}
for (const feature of featureNames) {
  outcomes[feature] = await Promise.race([checks[feature]().catch(describeError), noResult()])
}
console.log(JSON.stringify(outcomes))
process.exit(0)
