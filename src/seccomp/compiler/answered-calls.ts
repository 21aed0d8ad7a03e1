import { type Arch, syscallNumber } from '../../linux/syscalls.ts'
import { type ArgumentTest, argumentTest } from '../rules/argument-test.ts'
import type { SeccompPolicy } from '../seccomp-policy.ts'
import { type Choice, type Decision, decisions } from './decisions.ts'

/**
 * The sizes above which the filter notifies the init of a call, even if the policy allows the call. The kernel always
 * refuses calls with larger sizes (mmap, mremap), or ends the program for such calls (ftruncate). A program within its
 * limits makes no such calls.
 */
export interface AnsweredSizes {
  /** The most memory that the kernel gives to one mmap. Memory that is only reserved does not count. */
  readonly allocationBytes: bigint
  /** The largest mapping of any kind. */
  readonly mappingBytes: bigint
  /** The largest file; undefined without a limit. */
  readonly fileBytes?: bigint | undefined
}

type Bits = readonly [arg: number, mask: string, value: string]

/**
 * The mappings that the kernel counts as memory in use before the program touches a page: accountable_mapping(),
 * shmem_acct_size().
 */
const accounted: readonly (readonly Bits[])[] = [
  [
    [2, 'PROT_WRITE', 'PROT_WRITE'],
    [3, 'MAP_NORESERVE|MAP_SHARED|MAP_PRIVATE', 'MAP_PRIVATE'],
  ],
  [[3, 'MAP_NORESERVE|MAP_ANONYMOUS|MAP_SHARED|MAP_PRIVATE', 'MAP_ANONYMOUS|MAP_SHARED']],
]

const longerThan = (bytes: bigint, arg: number): ArgumentTest => ({
  arg,
  op: 'gt',
  value: bytes,
  mask: (1n << 64n) - 1n,
})

const answers: Readonly<Record<string, (sizes: AnsweredSizes, arch: Arch) => ArgumentTest[][]>> = {
  mmap: ({ allocationBytes, mappingBytes }, arch) => [
    [longerThan(mappingBytes, 1)],
    ...accounted.map((bits) => [
      longerThan(allocationBytes, 1),
      ...bits.map(([arg, mask, value]) =>
        argumentTest('mmap', arch, { arg, op: 'masked_eq', mask, value }),
      ),
    ]),
  ],
  // The filter cannot see whether the kernel counts this memory. The filter treats all of it as counted, because
  // realloc(3) enlarges counted memory.
  mremap: ({ allocationBytes, mappingBytes }) => [
    [longerThan(allocationBytes < mappingBytes ? allocationBytes : mappingBytes, 2)],
  ],
  ftruncate: ({ fileBytes }) => (fileBytes === undefined ? [] : [[longerThan(fileBytes, 1)]]),
}

/** The calls whose third argument is the length of an address. */
const ADDRESSED = ['connect', 'bind'] as const
const LENGTH = 2

/**
 * The numbers of the calls that a filter reports and the init answers. A notification does not contain its reason, so
 * the policy must leave only one possible reason:
 *
 * - The policy allows, in every case, a call that the filter reports by its size.
 * - The policy allows connect or bind, but kills for some lengths of the address. A Unix socket's address has any
 *   length (unix(7)), so the init lets the call of a Unix socket continue.
 */
export function answeredCalls(seccomp: SeccompPolicy, arch: Arch): number[] {
  const decided = decisions(seccomp, arch)
  const choicesOf = (number: number): readonly Choice[] =>
    decided.find(({ syscall }) => syscall === number)?.choices ?? [
      { action: seccomp.default, tests: [] },
    ]
  const numbersOf = (
    names: readonly string[],
    isAnswered: (choices: readonly Choice[]) => boolean,
  ) =>
    names
      .map((name) => syscallNumber(name, arch))
      .filter((number) => number !== undefined)
      .filter((number) => isAnswered(choicesOf(number)))
  return [
    ...numbersOf(Object.keys(answers), (choices) => choices.every(isAllowed)),
    ...numbersOf(
      ADDRESSED,
      (choices) =>
        choices.some(killsForLength) &&
        choices.every((choice) => isAllowed(choice) || killsForLength(choice)),
    ),
  ]
}

const isAllowed = ({ action }: Choice): boolean => action === 'allow'

const killsForLength = ({ action, tests }: Choice): boolean =>
  action === 'kill' && tests.length > 0 && tests.every(({ arg }) => arg === LENGTH)

/**
 * Adds the reports to a filter's decisions. If the init has the filter too, the filter allows the init's own calls: see
 * `ifOwn` of compactFilter().
 */
export function withAnswers(
  decided: readonly Decision[],
  sizes: AnsweredSizes,
  calls: readonly number[],
  arch: Arch,
): Decision[] {
  const added = Object.entries(answers).flatMap(([name, toTests]): Decision[] => {
    const syscall = syscallNumber(name, arch) ?? -1
    const tests = toTests(sizes, arch)
    if (tests.length === 0 || !calls.includes(syscall)) return []
    const reports = tests.map((each): Choice => ({ action: 'kill', tests: each }))
    const rest: Choice = { action: 'allow', tests: [] }
    return [{ syscall, choices: [...reports, rest] }]
  })
  const isAdded = ({ syscall }: Decision) => added.some((each) => each.syscall === syscall)
  return [...decided.filter((each) => !isAdded(each)), ...added]
}
