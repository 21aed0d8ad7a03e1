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

test('inside another matcher too', () => {
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
