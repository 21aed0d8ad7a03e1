import type { CasesOptions, GradedTest, GroupOptions, TestOptions } from './assignment-options.ts'
import type { DataTest } from './data-test.ts'

/** `.test.each(rows)(name, options?, fn)` */
type RowsTest<Expect, Rows extends readonly unknown[]> = {
  (name: string, fn: GradedTest<Expect, Rows>): void
  (name: string, options: TestOptions, fn: GradedTest<Expect, Rows>): void
}

/** Declares a graded test for every submission. */
export interface DeclareTest<Expect> extends RowsTest<Expect, []> {
  /** Declares a test per row. The function receives the row's values and then the context. */
  each<Row extends readonly unknown[] | readonly [unknown]>(
    rows: readonly Row[],
  ): RowsTest<Expect, Row>
  each<Row>(rows: readonly Row[]): RowsTest<Expect, [Row]>
  /** Declares a test per row. The function receives the row and then the context. */
  for<Row>(rows: readonly Row[]): RowsTest<Expect, [Row]>
}

/** An assignment, to which a test file adds tests, cases and groups. */
export interface Assignment<Expect> {
  readonly test: DeclareTest<Expect>
  /**
   * Declares a test per case. The program reads `NAME.in` and must print the text of `NAME.ans` (or `.out`, `.a`).
   *
   * @param pattern a folder or a glob, relative to the test file
   */
  cases(pattern: string, options?: CasesOptions): void
  /** Declares a group, which tests join by `group: name`. */
  group(name: string, options?: GroupOptions): void
}

/** An assignment that also takes data tests (see data-test.ts). */
export interface DataAssignment<Expect> extends Assignment<Expect> {
  data(test: DataTest): void
}
