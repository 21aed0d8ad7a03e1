import { expect as jestExpect } from '@jest/globals'
import { expect, expectTypeOf, test } from 'vitest'
import type { matchers, SandboxMatchers } from '../../src/matchers/index.ts'
import type {} from '../../src/matchers/jest.ts'
import '../../src/matchers/vitest.ts'
import type { DeniedSyscall, SandboxResult } from '../../src/runner/result.ts'
import { createSandbox, sandboxed } from '../../src/runner/sandboxed.ts'

declare const run: SandboxResult
declare const pending: Promise<SandboxResult>

test('every matcher is declared, and no other', () => {
  expectTypeOf<keyof typeof matchers>().toEqualTypeOf<keyof SandboxMatchers>()
})

test('Vitest’s expect has them, with their arguments', () => {
  expectTypeOf(expect(run).toSucceed()).toEqualTypeOf<void>()
  expectTypeOf(expect(run).not.toExitWith(1)).toEqualTypeOf<void>()
  expectTypeOf(expect(pending).resolves.toExitWithin('1s')).toEqualTypeOf<Promise<void>>()
  expect(run).toBeKilledBy('SIGSEGV')
  expect(run).toBeKilledBy('SEGV')
  expect(run).toBeKilledBy('SIGRTMIN+3')
  expect(run).toBeKilledBy(11)
  // @ts-expect-error no such signal
  expect(run).toBeKilledBy('SIGFOO')
  // @ts-expect-error signals have names in capitals
  expect(run).toBeKilledBy('segv')
  expectTypeOf(expect(run).toBeKilledBySeccomp)
    .parameter(0)
    .toEqualTypeOf<string | RegExp | ((syscall: DeniedSyscall) => boolean) | undefined>()
  expect(run).toHaveStdout({ tokens: ['1'], float: 1e-6 })
  expect(run).toHaveFile('out.txt', new Uint8Array())
  // @ts-expect-error a tolerance without tokens
  expect(run).toHaveStdout({ float: 1e-6 })
  // @ts-expect-error an exit code is a number
  expect(run).toExitWith('1')
  // @ts-expect-error no duration
  expect(run).toUseCpuWithin()
})

test('a misspelt limit is an error about that limit', () => {
  void (() => {
    // @ts-expect-error the limit is walltime
    void sandboxed('true', [], { limits: { waltime: '1s' } })
    // @ts-expect-error the limit is memory
    createSandbox({ limits: { memmory: '1MiB' } })
    // @ts-expect-error the option is limits
    void sandboxed('true', { limit: { walltime: '1s' } })
    void sandboxed('true', {
      // @ts-expect-error the limit is walltime
      limits: { waltime: '1s' },
    })
  })
})

test('a value that cannot be a run has no matchers', () => {
  void (() => {
    // @ts-expect-error a text is not a run
    expect('abc').toSucceed()
    // @ts-expect-error a number is not a run
    expect(3).not.toExitWith(1)
    // @ts-expect-error the output is not a run
    expect(run.stdout).toHaveStdout('3\n')
    // @ts-expect-error a list of runs is not a run
    expect([run]).toSucceed()
    // @ts-expect-error a promise of a text is not a run
    void expect(Promise.resolve('abc')).resolves.toSucceed()
    // @ts-expect-error a function is not a run
    jestExpect(() => run).toSucceed()
    // @ts-expect-error a text is not a run
    jestExpect('abc').toSucceed()
    // @ts-expect-error a text is not a run
    jestExpect('abc').not.toSucceed()
    // @ts-expect-error a promise of a text is not a run
    void jestExpect(Promise.resolve('abc')).resolves.toSucceed()
    expect(run as unknown).toSucceed()
    jestExpect(run as unknown).toSucceed()
    expect(run as SandboxResult | undefined).toSucceed()
    expect(JSON.parse('{}')).not.toSucceed()
    expect('abc').toBe('abc')
    expect({ a: 1 }).toMatchSnapshot({ a: expect.any(Number) })
    expect('abc').not.toContain('d')
  })
})

test('matchers inside another matcher are typed too', () => {
  expect({ run }).toEqual({ run: expect.toSucceed() })
  expect([run]).toEqual([expect.not.toExitWith(1)])
  // @ts-expect-error no such matcher
  expect.toFail()
})

test('Jest’s expect has them', () => {
  expectTypeOf(jestExpect(run).toSucceed()).toEqualTypeOf<void>()
  expectTypeOf(jestExpect(pending).resolves.not.toExitWith(1)).toEqualTypeOf<Promise<void>>()
  jestExpect({ run }).toEqual({ run: jestExpect.toHaveStdout(/3/) })
  jestExpect([run]).toEqual([jestExpect.not.toSucceed()])
  // @ts-expect-error no size
  jestExpect(run).toUseMemoryWithin()
})

test('the global expect of @types/jest has them', () => {
  expectTypeOf<jest.Matchers<void>>().toExtend<SandboxMatchers<void>>()
  expectTypeOf<jest.Matchers<Promise<void>>>().toExtend<SandboxMatchers<Promise<void>>>()
})
