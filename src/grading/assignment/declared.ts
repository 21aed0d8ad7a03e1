import type { LimitOptions } from '../../runner/options/sandbox-options.ts'
import type { DeclaredTest } from '../report/score.ts'
import type { GradingContext } from './assignment-options.ts'

/** A test of an assignment, before Gradebox runs the test on a submission. */
export interface GradedTestDeclaration<Expect> {
  readonly plan: DeclaredTest
  readonly limits: LimitOptions
  readonly timeoutMs: number
  readonly retry: number
  /**
   * The content of the test for its fingerprint: a case's files, or the code. Undefined if the content is unknown.
   */
  readonly content: () => unknown
  readonly run: (context: GradingContext<Expect>) => unknown
}
