import { parseAst } from 'rolldown/parseAst'
import { describe, expect, test } from 'vitest'
import { outsideTests } from '../../../../src/grading/cache/test-source/outside-tests.ts'
import type { Syntax } from '../../../../src/grading/cache/test-source/syntax.ts'

const start = `import { assignment } from 'gradebox/grading/vitest'
import { expect } from 'vitest'
const sum = assignment({ name: 'Sum', submissions: 'submissions' })
`

/** The remaining statements of a test file that starts with an assignment. */
const outside = (code: string, before = start) =>
  outsideTests(before + code, parseAst(before + code) as unknown as Syntax)

/** Whether a change leaves the content outside of the tests unchanged. */
function isInside(before: string, after: string): boolean {
  const [one, other] = [outside(before), outside(after)]
  expect(one).toBeDefined()
  expect(other).toBeDefined()
  return JSON.stringify(one) === JSON.stringify(other)
}

describe('a change inside of a test', () => {
  const other = `sum.test('other', async ({ run }) => { await run() })\n`
  test.each<[string, string, string]>([
    ['of its function', `sum.test('a', () => { expect(1) })`, `sum.test('a', () => { expect(2) })`],
    ['of an async function', `sum.test('a', async function () {})`, `sum.test('a', async () => 1)`],
    ['of its name', `sum.test('a', () => {})`, `sum.test('b', () => {})`],
    [
      'of its options',
      `sum.test('a', { points: 1 }, () => {})`,
      `sum.test('a', { points: -2, limits: { cpu: '1s' } }, () => {})`,
    ],
    ['that adds it', '', `sum.test('a', () => {})`],
    ['in a suite', `{ sum.test('a', () => 1) }`, `{ sum.test('a', () => 2) }`],
    [
      'in a loop',
      `for (const n of [1, 2]) sum.test('a' + n, () => 1)`,
      `for (const n of [1, 2]) sum.test('a' + n, () => n)`,
    ],
    [
      'of a table',
      `sum.test.each([[1], [2]])('is %i', (n) => 1)`,
      `sum.test.each([[1], [2]])('is %i', (n) => n)`,
    ],
    [
      'whose variables are its own',
      `sum.test('a', () => { let n = 0; n += 1; const all = []; all.push(n) })`,
      `sum.test('a', () => { let n = 0; [1].forEach((each) => { n += each }) })`,
    ],
  ])('%s leaves the others alone', (_, before, after) => {
    expect(isInside(other + before, other + after)).toBe(true)
  })

  test('of a function that has the name `test` of its own leaves the others alone', () => {
    const own = start.replace('const sum', 'const { test }')
    const [one, two] = [1, 2].map((n) => outside(`test('a', () => ${n})`, own))
    expect(one).toEqual(two)
    expect(one).toBeDefined()
  })
})

describe('a change outside of all tests', () => {
  test.each<[string, string, string]>([
    ['of a variable', 'const n = 1', 'const n = 2'],
    ['of a function', 'function check() { return 1 }', 'function check() { return 2 }'],
    ['of an import', `import 'a'`, `import 'b'`],
    [
      'of a table',
      `sum.test.each([[1], [2]])('is %i', () => {})`,
      `sum.test.each([[1], [3]])('is %i', () => {})`,
    ],
    ['of a name that is computed', `sum.test('a' + 1, () => {})`, `sum.test('a' + 2, () => {})`],
    [
      'of an option that is computed',
      `sum.test('a', { points: Math.max(1) }, () => {})`,
      `sum.test('a', { points: Math.max(2) }, () => {})`,
    ],
    [
      'of a function with a name',
      'const f = () => 1\nsum.test("a", f)',
      'const f = () => 2\nsum.test("a", f)',
    ],
    [
      'of a loop',
      `for (const n of [1, 2]) sum.test('a', () => n)`,
      `for (const n of [1, 3]) sum.test('a', () => n)`,
    ],
    [
      'of a test of something else',
      `import { it } from './it.ts'; it.test('a', () => 1)`,
      `import { it } from './it.ts'; it.test('a', () => 2)`,
    ],
    ['of cases', `sum.cases('secret')`, `sum.cases('other')`],
    ['of the assignment', `sum.group('g', { points: 1 })`, `sum.group('g', { points: 2 })`],
  ])('%s concerns every test', (_, before, after) => {
    const test = `\nsum.test('b', async ({ run }) => { await run() })`
    expect(isInside(before + test, after + test)).toBe(false)
  })
})

describe('tests cannot be separated', () => {
  test.each<[string, string]>([
    ['a test assigns a variable of the file', `let seen\nsum.test('a', () => { seen = 1 })`],
    ['a test counts', `let seen = 0\nsum.test('a', () => { seen++ })`],
    ['a test changes an object', `const s = {}\nsum.test('a', () => { s.a.b = 1 })`],
    ['a test changes a list', `const s = []\nsum.test('a', () => { s.push(1) })`],
    ['a test removes a property', `const s = { a: 1 }\nsum.test('a', () => { delete s.a })`],
    ['a test assigns a pattern', `let s\nsum.test('a', () => { [{ s }] = [{ s: 1 }] })`],
    ['a test assigns in a loop', `let s\nsum.test('a', () => { for (s of [1]); })`],
    [
      'a test changes an object by a call',
      `const s = {}\nsum.test('a', () => Object.assign(s, {}))`,
    ],
    ['a test changes an import', `import { s } from './s.ts'\nsum.test('a', () => s.set(1, 2))`],
    ['a test changes a global', `sum.test('a', () => { process.env.A = '1' })`],
    ['a test changes what a call returns', `sum.test('a', () => { get().a = 1 })`],
    [
      'a helper changes a variable',
      `let seen\nconst remember = (n) => { seen = n }\nsum.test('a', () => remember(1))`,
    ],
    [
      'a test changes a variable of its suite',
      `function suite() { let seen; sum.test('a', () => { seen = 1 }) }\nsuite()`,
    ],
    [
      'a method changes its object',
      `const s = { n: 0, next() { return (this.n += 1) } }\nsum.test('a', () => s.next())`,
    ],
    ['there is no test', `const n = 1`],
    ['the assignment has its name twice', `{ const sum = other() }\nsum.test('a', () => 1)`],
  ])('where %s', (_, code) => {
    expect(outside(code)).toBeUndefined()
  })

  test.each([
    ['comes from elsewhere', `import { assignment } from './own.ts'`],
    [
      'is made by another function',
      `import { other as assignment } from 'gradebox/grading/vitest'`,
    ],
  ])('where the assignment %s', (_, line) => {
    const before = start.replace(/^.*\n/, `${line}\n`)
    expect(outside(`sum.test('a', () => 1)`, before)).toBeUndefined()
  })
})
