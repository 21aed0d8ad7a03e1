import type { AnyResult } from '../runner/result.ts'
import type { Duration } from '../units/duration.ts'
import type { Size } from '../units/size.ts'
import type { ExpectedText } from './expected.ts'
import type { WantedSignal, WantedSyscall } from './kill.ts'

/**
 * The assertions of `expect(run)` on the result of a sandboxed run.
 *
 * @typeParam Returned - `void`, or a promise behind `resolves`.
 */
export interface SandboxMatchers<Returned = void> {
  /**
   * The program exited with code 0 within every limit.
   *
   * @example
   * expect(await sandboxed('./a.out')).toSucceed()
   * await expect(sandboxed('./a.out')).resolves.toSucceed()
   */
  toSucceed(): Returned

  /**
   * The program ended by itself with this exit code, 0 to 255.
   *
   * @example
   * expect(run).toExitWith(2)
   */
  toExitWith(code: number): Returned

  /**
   * The program ended by itself, with any exit code, in at most this real time: milliseconds, or
   * text with a unit.
   *
   * @example
   * expect(run).toExitWithin('1.5s')
   */
  toExitWithin(duration: Duration): Returned

  /**
   * This signal ended the program, and no limit or filter was the cause. The prefix `SIG` is optional.
   *
   * @example
   * expect(run).toBeKilledBy('SIGSEGV')
   */
  toBeKilledBy(signal: WantedSignal): Returned

  /**
   * The seccomp filter killed the program, for this system call if the test gives one: the call's name, a pattern for
   * the call's name or text, or a predicate.
   *
   * @example
   * expect(run).toBeKilledBySeccomp('socket')
   * expect(run).toBeKilledBySeccomp(/^socket\(AF_INET/)
   * expect(run).toBeKilledBySeccomp(({ name, args }) => name === 'socket' && args[0] === 2)
   */
  toBeKilledBySeccomp(syscall?: WantedSyscall): Returned

  /** The program was killed because it reached its walltime limit. */
  toExceedWalltime(): Returned

  /** The program was killed because it reached its CPU time limit. */
  toExceedCpu(): Returned

  /** The program was killed because it exceeded its memory limit. */
  toExceedMemory(): Returned

  /** The program was killed because it exceeded its output limit. */
  toExceedOutput(): Returned

  /**
   * All processes of the run together used at most this processor time: milliseconds, or text with
   * a unit.
   *
   * @example
   * expect(run).toUseCpuWithin('300ms')
   */
  toUseCpuWithin(duration: Duration): Returned

  /**
   * All processes of the run together never used more memory than this size (`usage.peakMemoryBytes`): bytes, or text
   * with a unit.
   *
   * @example
   * expect(run).toUseMemoryWithin('32MiB')
   */
  toUseMemoryWithin(size: Size): Returned

  /**
   * The program's stdout is exactly this text, matches this pattern somewhere, or consists of these lines or tokens.
   * The final newline of a text counts.
   *
   * @example
   * expect(run).toHaveStdout('3\n')
   * expect(run).toHaveStdout({ lines: ['1', '2'] })
   * expect(run).toHaveStdout(/^total: \d+$/m)
   * expect(run).toHaveStdout({ tokens: '3.1416 2.7183', float: 1e-4 })
   */
  toHaveStdout(expected: ExpectedText): Returned

  /** The same as `toHaveStdout()` for the program's stderr. */
  toHaveStderr(expected: ExpectedText): Returned

  /**
   * The program left this file, and the option `collect` collected the file. If the test gives a content, the file has
   * this content. A relative path is relative to the program's `cwd`.
   *
   * @example
   * const run = await sandboxed('./a.out', [], { collect: ['out.txt'] })
   * expect(run).toHaveFile('out.txt', 'done\n')
   */
  toHaveFile(path: string, content?: ExpectedText | Uint8Array): Returned
}

/** Whether a value of this type can be a run's result, or a promise of a run's result. */
type MayBeRun<T> = 0 extends 1 & T
  ? true
  : unknown extends T
    ? true
    : T extends PromiseLike<infer Value>
      ? MayBeRun<Value>
      : T extends AnyResult
        ? true
        : AnyResult extends T
          ? true
          : false

type IfRun<T, Then, Else> = true extends MayBeRun<T> ? Then : Else

/**
 * The matchers of `expect(value)`. A call of a matcher on a value that cannot be a run does not compile.
 *
 * @typeParam T - The value's type.
 */
export type MatchersFor<Returned, T> = {
  [Name in keyof SandboxMatchers]: IfRun<T, SandboxMatchers<Returned>[Name], never>
}

type NoMatchers = Readonly<Record<keyof SandboxMatchers, never>>

/** Removes the matchers from the assertions on a value that cannot be a run. */
export type RefusedFor<T> = IfRun<
  T,
  unknown,
  NoMatchers & { readonly not: NoMatchers; readonly resolves: NoMatchers }
>
