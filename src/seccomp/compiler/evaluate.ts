import { AUDIT_ARCH, SECCOMP_RET_ALLOW } from '../../linux/constants.ts'
import { type Arch, syscallNumber } from '../../linux/syscalls.ts'
import { AND, JEQ, JGE, JGT, JUMP, LOAD, RETURN } from './bpf-graph.ts'
import { countCallToken, ownCallToken } from './own-call-token.ts'

/** A system call; arguments that are not given may have any value. */
export interface SomeCall {
  readonly syscall: string
  /** The first argument, if known: a small number. */
  readonly first?: number
  /** The second argument, if known. */
  readonly second?: number
  /** Whether the sixth argument is the token of the launch program's own calls. */
  readonly hasToken?: boolean
}

/** sizeof(struct sock_filter) of linux/filter.h: u16 code, u8 jt, u8 jf, u32 k. */
const INSTRUCTION_SIZE = 8
/** Offsets in struct seccomp_data, linux/seccomp.h. */
const DATA = {
  ...{ nr: 0, arch: 4, firstLow: 16, firstHigh: 20, secondLow: 24, secondHigh: 28 },
  ...{ lastLow: 56, lastHigh: 60 },
} as const
const LOW_HALF = 0xffff_ffffn
/** The halves of the tokens. Only the launch program's calls have a token in the sixth register. */
const tokens = [ownCallToken, countCallToken].flatMap((token) => [
  Number(token & LOW_HALF),
  Number(token >> 32n),
])

/**
 * Whether a filter, `struct sock_filter[]`, allows all of these calls, whatever their other arguments are. If the
 * filter checks other arguments or the address of the call, the result is false.
 */
export function letsPass(filter: Uint8Array, arch: Arch, calls: readonly SomeCall[]): boolean {
  return calls.every((call) => returned(filter, arch, call) === SECCOMP_RET_ALLOW)
}

/**
 * Whether a filter may allow a call: the filter allows the call, or decides by an argument that is not given.
 */
export function mayPass(filter: Uint8Array, arch: Arch, call: SomeCall): boolean {
  const value = returned(filter, arch, call)
  return value === undefined || value === SECCOMP_RET_ALLOW
}

// The filter's return value for a call. Undefined when it depends on an unknown value, or when the filter contains an
// instruction that no filter of Gradebox has.
function returned(
  filter: Uint8Array,
  arch: Arch,
  { syscall, first, second, hasToken = false }: SomeCall,
) {
  const data = new Map<number, number | undefined>([
    [DATA.nr, syscallNumber(syscall, arch)],
    [DATA.arch, AUDIT_ARCH[arch]],
    [DATA.firstLow, first],
    [DATA.firstHigh, first === undefined ? undefined : 0],
    [DATA.secondLow, second],
    [DATA.secondHigh, second === undefined ? undefined : 0],
    [DATA.lastLow, hasToken ? Number(ownCallToken & LOW_HALF) : undefined],
    [DATA.lastHigh, hasToken ? Number(ownCallToken >> 32n) : undefined],
  ])
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  let accumulator: number | undefined = 0
  // All jumps go forward, so the loop ends.
  for (let at = 0; at < filter.length; at += INSTRUCTION_SIZE) {
    const code = view.getUint16(at, true)
    const k = view.getUint32(at + 4, true)
    const skip = (holds: boolean) => view.getUint8(at + (holds ? 2 : 3)) * INSTRUCTION_SIZE
    if (code === RETURN) return k
    if (code === LOAD) {
      accumulator = data.get(k)
      if (accumulator === undefined && k < DATA.lastLow) return undefined
    } else if (accumulator === undefined) {
      if (code !== JEQ || !tokens.includes(k)) return undefined
      at += skip(false)
    } else if (code === AND) accumulator = (accumulator & k) >>> 0
    else if (code === JUMP) at += k * INSTRUCTION_SIZE
    else if (code === JEQ) at += skip(accumulator === k)
    else if (code === JGT) at += skip(accumulator > k)
    else if (code === JGE) at += skip(accumulator >= k)
    else return undefined
  }
  return undefined
}
