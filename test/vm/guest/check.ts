// Tries every feature as the user who runs this file, and prints the outcome of each as one line of JSON.
import { featureNames } from '../settings/features.ts'
import { checks, describeError } from './checks.ts'

const outcomes: Record<string, string> = {}
for (const feature of featureNames) {
  outcomes[feature] = await checks[feature]().catch(describeError)
}
console.log(JSON.stringify(outcomes))
