import { release } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { SandboxError } from '../errors/sandbox-error.ts'
import { hostMachine } from '../runner/host-machine.ts'
import { getDefaults } from '../runner/options/defaults.ts'
import { invalid, isUrl } from '../runner/options/invalid-option.ts'
import type { SandboxOptions } from '../runner/options/sandbox-options.ts'
import type { DeniedSyscall, LoggedCall, SandboxResult } from '../runner/result.ts'
import { sandboxed } from '../runner/sandboxed.ts'
import { sumOfCalls } from '../seccomp/decode/logged-calls.ts'
import { syscallGroups } from '../seccomp/rules/groups.ts'
import { opaque, rulesThatAllow } from './generalize.ts'
import { learnedToml, type PolicyKeys } from './learned-toml.ts'

/** Options of {@link learn} in addition to those of a run. */
export interface LearnOptions extends Omit<SandboxOptions, 'encoding'> {
  /**
   * The program's inputs. Each input gets one run. The more behaviour the inputs cover, the better the policy is.
   *
   * @default [stdin]
   */
  readonly inputs?: readonly NonNullable<SandboxOptions['stdin']>[]
  /**
   * Whether a group replaces its calls if the program makes at least three calls, and at least a quarter of the calls,
   * of the group. A policy with groups still works with the next C library. Without groups the policy is as small as
   * possible.
   *
   * @default true
   */
  readonly groups?: boolean
}

/** The result of {@link learn}. */
export interface Learned {
  /** The policy as an object, for the option `policy` or for a file. */
  readonly policy: Readonly<Record<string, unknown>>
  /** The policy as the text of a TOML file. */
  readonly toml: string
  /** Every call that the program made, with counts. */
  readonly syscalls: readonly LoggedCall[]
  /** The runs from which the policy comes. Check that the program did its work in these runs. */
  readonly runs: readonly SandboxResult[]
}

/** The largest number of trials. Each trial adds a call that the program did not make before. */
const TRIALS = 10

/**
 * Runs a program with each input, lets the program make any system call, and writes the smallest policy under which the
 * program passes. The option `policy` names a base policy, which decides what the program sees and uses. The learned
 * policy extends the base policy and replaces its filter. Finally `learn` runs the program under the learned policy to
 * make sure that the program passes. Learning denies nothing, so use `learn` only with programs that you trust.
 *
 * @throws {SandboxError} SECCOMP_UNAVAILABLE if the kernel does not report calls, and every error of a run
 * @example
 * const { toml } = await learn('python3', ['main.py'], { workdir: 'solution', inputs: ['1\n', '2\n'] })
 * writeFileSync('exercise.toml', toml)
 */
export async function learn(
  command: string,
  args: readonly string[] = [],
  { inputs, groups = true, ...options }: LearnOptions = {},
): Promise<Learned> {
  checkOwnOptions(inputs, groups)
  const base = baseOf(options.policy ?? getDefaults().policy ?? 'strict')
  const run = (policy: object, stdin: SandboxOptions['stdin']) =>
    sandboxed(command, args, { ...options, policy, ...(stdin === undefined ? {} : { stdin }) })
  const wanted = inputs ?? [options.stdin]
  const runs: SandboxResult[] = []
  for (const stdin of wanted) runs.push(await run({ ...base, seccomp: logEverything }, stdin))
  const seen = runs.flatMap(callsOf)
  const again = wanted.filter(isRepeatable)
  for (let trial = 1; ; trial++) {
    const syscalls = sumOfCalls(seen)
    const comment = commentOn([command, ...args].join(' '), runs.length)
    const rules = rulesThatAllow(syscalls, { arch: hostMachine().arch, groups })
    const toml = learnedToml(rules, { comment, base })
    const policy = parse(toml)
    const missing = await firstDenied(again, (stdin) => run(policy, stdin))
    if (missing === undefined) return { policy, toml, syscalls, runs }
    if (trial === TRIALS) throw unsteady(missing)
    seen.push({ ...missing, count: 1 })
  }
}

const logEverything = {
  default: 'log',
  // These rules come before the rules of the base policy. The filter therefore never reaches the base policy's rules.
  rules: [opaque, { action: 'log', syscalls: syscallGroups.map(({ name }) => name) }],
}

function baseOf(policy: NonNullable<SandboxOptions['policy']>): PolicyKeys {
  if (typeof policy === 'string') {
    const isName = !policy.includes('/') && !policy.endsWith('.toml')
    return { extends: isName ? policy : resolve(policy) }
  }
  if (isUrl(policy)) return { extends: fileURLToPath(policy.href) }
  const { seccomp: _, ...keys } = policy as PolicyKeys
  return keys
}

function callsOf({ logged }: SandboxResult): readonly LoggedCall[] {
  if (logged !== undefined) return logged
  throw new SandboxError(
    'Gradebox cannot learn here what a program needs: the kernel does not report its calls',
    {
      code: 'SECCOMP_UNAVAILABLE',
      hint: "Use a kernel with seccomp's user notification (Linux 5.9 or newer), outside of a sandbox or container that has a listener of its own.",
    },
  )
}

// After the first run, data from a stream or a keyboard cannot be read again.
const isRepeatable = (stdin: SandboxOptions['stdin']): boolean =>
  (typeof stdin === 'string' && stdin !== 'inherit' && stdin !== 'pipe') ||
  stdin === undefined ||
  stdin instanceof Uint8Array ||
  isUrl(stdin)

async function firstDenied(
  inputs: readonly SandboxOptions['stdin'][],
  run: (stdin: SandboxOptions['stdin']) => Promise<SandboxResult>,
): Promise<DeniedSyscall | undefined> {
  for (const stdin of inputs) {
    const { syscall } = await run(stdin)
    if (syscall !== undefined) return syscall
  }
  return undefined
}

// The runs check the other options.
function checkOwnOptions(inputs: unknown, groups: unknown): void {
  const isList = Array.isArray(inputs) && inputs.length > 0
  if (inputs !== undefined && !isList) {
    throw invalid('inputs', 'an array of one input or more, each what stdin takes', inputs)
  }
  if (typeof groups !== 'boolean') throw invalid('groups', 'true or false', groups)
}

function unsteady({ text }: DeniedSyscall): SandboxError {
  return new SandboxError(
    `The program makes other system calls each time: after ${TRIALS} trials it was still killed for ${text}`,
    {
      code: 'SETUP_FAILED',
      hint: 'Give it more inputs, or a policy whose rules you write by hand, in groups.',
    },
  )
}

function commentOn(line: string, runs: number): string {
  const shown = line.length > 60 ? `${line.slice(0, 57)}...` : line
  const count = runs === 1 ? 'one run' : `${runs} runs`
  return `What "${shown}" needed in ${count}, on ${process.arch} with Linux ${release()}.`
}
