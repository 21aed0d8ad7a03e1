import { argumentBits, syscallSignature } from '../../ffi/syscall-signatures.ts'
import { syscallName } from '../../ffi/syscalls.ts'
import type { DeniedCall } from '../result.ts'
import { archOf, type CallRegisters, decodeCall } from './decode/denied-syscall.ts'

/** Of one call, this many kinds of use are told apart; further ones are counted together. */
const SHAPES_PER_CALL = 32

// Arguments that say with what, not what: any two calls differ in them.
const indifferent = new Set(
  'ptr int uint hex32 pid uid fd dirfd mode long ulong size off hex addr'.split(' '),
)

interface Counted {
  readonly first: CallRegisters
  /** Whether it stands for uses of which there were too many. */
  readonly isRest: boolean
  count: number
}

interface Uses {
  /** What is compared of which arguments. */
  readonly compared: readonly { readonly arg: number; readonly mask: bigint }[]
  readonly byShape: Map<string, Counted>
}

/**
 * Counts calls that a filter logs. Calls that do the same count as one: of the same name, and with the
 * same domains, requests and flags. However many calls there are, of a call no more than 32 such kinds
 * are kept, and what comes after is counted as one more; numbers that no call has count as one call.
 */
export class DeniedCalls {
  readonly #byCall = new Map<string, Uses>()

  add(call: CallRegisters): void {
    const arch = archOf(call)
    const name = arch === undefined ? undefined : syscallName(call.syscall, arch)
    const key = name ?? 'unknown'
    let uses = this.#byCall.get(key)
    if (uses === undefined) {
      const signature = arch && name ? (syscallSignature(name, arch) ?? []) : []
      const compared = signature.flatMap((kind, arg) =>
        indifferent.has(kind) ? [] : [{ arg, mask: (1n << BigInt(argumentBits[kind])) - 1n }],
      )
      uses = { compared, byShape: new Map() }
      this.#byCall.set(key, uses)
    }
    count(uses, call, name === undefined ? `${call.auditArch} ${call.syscall}` : '')
  }

  /** In the order in which they were first made. */
  list(): DeniedCall[] {
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
  let shape = number
  for (const { arg, mask } of compared) shape += ` ${(call.args[arg] ?? 0n) & mask}`
  const isRest = !byShape.has(shape) && byShape.size >= SHAPES_PER_CALL
  const known = byShape.get(isRest ? '…' : shape)
  if (known === undefined) byShape.set(isRest ? '…' : shape, { first: call, isRest, count: 1 })
  else known.count++
}
