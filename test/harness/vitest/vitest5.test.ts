import { describe, test } from 'vitest'
import { withRepeats } from '../../repeats.ts'
import { testEnvironment, testMessages, testPools } from './behaviours.ts'
import { installVitest5 } from './install.ts'
import { testTypes } from './types.ts'

const installed = installVitest5()

describe('Vitest 5 on Node 22', () => {
  if ('obstacle' in installed) {
    console.warn(`SKIPPED: every test of Vitest 5 and of @types/jest: ${installed.obstacle}`)
    test.skip('cannot be installed')
  } else {
    // In `npm test`, the equal reports of both Vitests stand for the pools and the messages.
    for (const each of withRepeats([testEnvironment], [testPools, testMessages])) {
      each(installed.installation)
    }
    testTypes(installed.installation.root, ['vitest.ts', 'types-jest.ts', 'grading-vitest.ts'])
  }
})
