import { argumentBits, syscallSignature } from '../../linux/calls/signatures.ts'
import { type Arch, syscallName } from '../../linux/syscalls.ts'
import type { LoggedCall } from './calls.ts'
import { archOf, type CallRegisters, decodeCall } from './denied-syscall.ts'

/** The largest number of uses of one call that the list distinguishes. The list counts further uses together. */
const SHAPES_PER_CALL = 32

// The kinds of arguments that name the object of a call and not the operation. Almost any two calls differ in these
// arguments.
const indifferent = new Set(
  'ptr int uint hex32 pid uid fd dirfd mode long ulong size off hex addr'.split(' '),
)

interface Counted {
  readonly first: CallRegisters
  /** Whether the entry stands for the uses beyond the limit. */
  readonly isRest: boolean
  count: number
}

/** The arguments, and their bits, that distinguish two uses. */
type Compared = readonly { readonly arg: number; readonly mask: bigint }[]

interface Uses {
  readonly compared: Compared
  readonly byShape: Map<string, Counted>
}

function comparedOf(name: string, arch: Arch): Compared {
  return (syscallSignature(name, arch) ?? []).flatMap((kind, arg) =>
    indifferent.has(kind) ? [] : [{ arg, mask: (1n << BigInt(argumentBits[kind])) - 1n }],
  )
}

function shapeOf(compared: Compared, args: readonly bigint[]): string {
  let shape = ''
  for (const { arg, mask } of compared) shape += ` ${(args[arg] ?? 0n) & mask}`
  return shape
}

/** Adds the counts of equal uses over several runs. */
export function sumOfCalls(calls: readonly LoggedCall[]): LoggedCall[] {
  const sums = new Map<string, LoggedCall>()
  for (const call of calls) {
    const args = call.args.map((arg) => BigInt.asUintN(64, BigInt(arg)))
    const isRest = call.text.endsWith('(…)')
    const arch = call.arch === 'aarch64' ? 'arm64' : 'x64'
    const shape = isRest ? '…' : shapeOf(comparedOf(call.name, arch), args)
    const key = `${call.name}${shape}`
    const known = sums.get(key)
    sums.set(key, known ? { ...known, count: known.count + call.count } : call)
  }
  return [...sums.values()]
}

/**
 * Counts the calls that a filter logs. Two calls count as one use if they have the same name, domains,
 * requests and flags. The list has at most 32 uses of a call, and one entry for all further uses. All numbers that
 * belong to no call count as one call.
 */
export class LoggedCalls {
  readonly #byCall = new Map<string, Uses>()

  add(call: CallRegisters): void {
    const arch = archOf(call)
    const name = arch === undefined ? undefined : syscallName(call.syscall, arch)
    const key = name ?? 'unknown'
    let uses = this.#byCall.get(key)
    if (uses === undefined) {
      uses = { compared: arch && name ? comparedOf(name, arch) : [], byShape: new Map() }
      this.#byCall.set(key, uses)
    }
    count(uses, call, name === undefined ? `${call.auditArch} ${call.syscall}` : '')
  }

  /** The uses in the order of their first call. */
  list(): LoggedCall[] {
    return [...this.#byCall.values()].flatMap(({ byShape }) =>
      [...byShape.values()].map(({ first, isRest, count }) => {
        const decoded = decodeCall(first)
        if (!isRest) return { ...decoded, count }
        return { ...decoded, args: [], text: `${decoded.name}(…)`, count }
      }),
    )
  }
}

function count({ compared, byShape }: Uses, call: CallRegisters, number: string): void {
  const shape = number + shapeOf(compared, call.args)
  const isRest = !byShape.has(shape) && byShape.size >= SHAPES_PER_CALL
  const known = byShape.get(isRest ? '…' : shape)
  if (known === undefined) byShape.set(isRest ? '…' : shape, { first: call, isRest, count: 1 })
  else known.count++
}
