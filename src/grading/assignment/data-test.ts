import type { CasesOptions, GradingContext, TestOptions } from './assignment-options.ts'
import type { TestRunner } from './test-runner.ts'

/** A data test has no code. It consists of an input, and the result of a correct program. */
export interface DataTest {
  readonly name: string
  readonly options: TestOptions
  readonly args: readonly string[]
  readonly input: string
  /** Absent when the output does not matter. */
  readonly answer?: string
  readonly exitCode: number
  readonly compare: NonNullable<CasesOptions['compare']>
}

/** Runs the program on a test's input, and compares the actual result with the expected result. */
export async function judgeData<Expect>(
  { input, answer, args, exitCode, compare }: Omit<DataTest, 'name' | 'options'>,
  { run }: GradingContext<Expect>,
  runner: Pick<TestRunner<Expect>, 'compare'>,
): Promise<void> {
  // The option `stdin` gives these two texts a special meaning.
  const isOption = input === 'pipe' || input === 'inherit'
  const result = await run({ stdin: isOption ? Buffer.from(input) : input, args })
  const expected = answer === undefined ? undefined : expectedOutput(compare, answer)
  runner.compare(result, expected, exitCode)
}

function expectedOutput(
  compare: NonNullable<CasesOptions['compare']>,
  answer: string,
): object | string {
  if (compare === 'exact') return answer
  return typeof compare === 'string' ? { [compare]: answer } : { tokens: answer, ...compare }
}
