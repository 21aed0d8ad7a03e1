import { expectTypeOf, test } from 'vitest'
import type {
  DeniedSyscall,
  EnforcementByLimit,
  InvalidByte,
  Isolation,
  IsolationLevel,
  Limits,
  LoggedCall,
  SandboxResult,
  SandboxStatus,
  SandboxUsage,
  WantedSignal,
  WantedSyscall,
} from '../../src/index.ts'
import type { SandboxMatchers } from '../../src/matchers/index.ts'

test('the package exports the type of every property of a result', () => {
  expectTypeOf<SandboxResult['enforcement']>().toEqualTypeOf<EnforcementByLimit>()
  expectTypeOf<SandboxResult['isolation']>().toEqualTypeOf<Isolation>()
  expectTypeOf<SandboxResult['isolation']['level']>().toEqualTypeOf<IsolationLevel>()
  expectTypeOf<SandboxResult['limits']>().toEqualTypeOf<Limits>()
  expectTypeOf<SandboxResult['logged']>().toEqualTypeOf<readonly LoggedCall[] | undefined>()
  expectTypeOf<SandboxResult['status']>().toEqualTypeOf<SandboxStatus>()
  expectTypeOf<SandboxResult['syscall']>().toEqualTypeOf<DeniedSyscall | undefined>()
  expectTypeOf<SandboxResult['usage']>().toEqualTypeOf<SandboxUsage>()
  expectTypeOf<SandboxResult['invalidUtf8']>().toEqualTypeOf<
    { readonly stdout?: InvalidByte; readonly stderr?: InvalidByte } | undefined
  >()
})

test('the package exports the types of the matchers’ arguments', () => {
  type Argument<Name extends keyof SandboxMatchers> = Parameters<SandboxMatchers[Name]>[0]
  expectTypeOf<Argument<'toBeKilledBy'>>().toEqualTypeOf<WantedSignal>()
  expectTypeOf<Argument<'toBeKilledBySeccomp'>>().toEqualTypeOf<WantedSyscall | undefined>()
})
