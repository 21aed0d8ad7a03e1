import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

/** 25 test cases that run at once, each with a program and an answer of its own. */
export function cases(file: number): void {
  const numbers = Array.from({ length: 25 }, (_, index) => file * 25 + index)
  test.concurrent.for(numbers)('case %i', async (number) => {
    const script = 'read n; echo $((n * 2)) > out.txt; cat out.txt; exit $((n % 7))'
    const run = await sandboxed('sh', ['-c', script], {
      stdin: `${number}\n`,
      collect: ['out.txt'],
    })
    expect(run).toExitWith(number % 7)
    expect(run).toHaveStdout(`${number * 2}\n`)
    expect(run).toHaveFile('out.txt', `${number * 2}\n`)
  })
}
