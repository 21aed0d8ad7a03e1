import { AUDIT_ARCH, SECCOMP_RET_ALLOW } from '../../linux/constants.ts'
import { type Arch, syscallNumber } from '../../linux/syscalls.ts'
import { AND, JEQ, JGE, JGT, JUMP, LOAD, RETURN } from './bpf-graph.ts'
import { countCallToken, ownCallToken } from './own-call-token.ts'

/** A system call. An argument that is not given may have any value. */
export interface SomeCall {
  readonly syscall: string
  /** The first argument, if known: a small number. */
  readonly first?: number
  /** Whether only the lower half of the first argument is known, because the kernel reads only this half. */
  readonly isFirstInt?: boolean
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
 * Whether a filter (`struct sock_filter[]`) allows all given calls, whatever the unknown arguments are.
 */
export function letsPass(filter: Uint8Array, arch: Arch, calls: readonly SomeCall[]): boolean {
  return calls.every((call) =>
    returned(filter, arch, call).every((value) => value === SECCOMP_RET_ALLOW),
  )
}

/** Whether a filter may allow a call for some values of the unknown arguments. */
export function mayPass(filter: Uint8Array, arch: Arch, call: SomeCall): boolean {
  return returned(filter, arch, call).some(
    (value) => value === undefined || value === SECCOMP_RET_ALLOW,
  )
}

/** A place in the filter, and the accumulator at this place. An undefined accumulator may have any value. */
interface State {
  readonly at: number
  readonly accumulator: number | undefined
}

// The values that the filter may return. A test of an unknown value leads to both branches. The list has `undefined`
// for an instruction that no filter of Gradebox has.
function returned(filter: Uint8Array, arch: Arch, call: SomeCall): (number | undefined)[] {
  const data = dataOf(call, arch)
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  const values: (number | undefined)[] = []
  const seen = new Set<string>()
  const ahead: State[] = [{ at: 0, accumulator: 0 }]
  // All jumps go forward, so the loop ends.
  for (let state = ahead.pop(); state !== undefined; state = ahead.pop()) {
    const { at } = state
    const key = `${at} ${state.accumulator}`
    if (seen.has(key)) continue
    seen.add(key)
    const code = at < filter.length ? view.getUint16(at, true) : undefined
    if (code === RETURN) values.push(view.getUint32(at + 4, true))
    else {
      const next = code === undefined ? [] : follow(view, state, code, data)
      if (next.length === 0) values.push(undefined)
      ahead.push(...next)
    }
  }
  return values
}

// The states after an instruction; none for a code that no filter of Gradebox has.
function follow(
  view: DataView,
  { at, accumulator }: State,
  code: number,
  data: ReadonlyMap<number, number | undefined>,
): State[] {
  const k = view.getUint32(at + 4, true)
  const after = (skipped: number) => at + (1 + skipped) * INSTRUCTION_SIZE
  const branch = (holds: boolean): State => ({
    at: after(view.getUint8(at + (holds ? 2 : 3))),
    accumulator,
  })
  if (code === LOAD) return [{ at: after(0), accumulator: data.get(k) }]
  if (code === JUMP) return [{ at: after(k), accumulator }]
  if (code === AND) {
    return [{ at: after(0), accumulator: accumulator && (accumulator & k) >>> 0 }]
  }
  const test = tests.get(code)
  if (test === undefined) return []
  if (accumulator !== undefined) return [branch(test(accumulator, k))]
  // Only the launch program's calls have a token.
  return code === JEQ && tokens.includes(k) ? [branch(false)] : [branch(true), branch(false)]
}

const tests = new Map<number, (accumulator: number, k: number) => boolean>([
  [JEQ, (accumulator, k) => accumulator === k],
  [JGT, (accumulator, k) => accumulator > k],
  [JGE, (accumulator, k) => accumulator >= k],
])

function dataOf(
  { syscall, first, isFirstInt = false, second, hasToken = false }: SomeCall,
  arch: Arch,
): Map<number, number | undefined> {
  return new Map([
    [DATA.nr, syscallNumber(syscall, arch)],
    [DATA.arch, AUDIT_ARCH[arch]],
    [DATA.firstLow, first],
    [DATA.firstHigh, first === undefined || isFirstInt ? undefined : 0],
    [DATA.secondLow, second],
    [DATA.secondHigh, second === undefined ? undefined : 0],
    [DATA.lastLow, hasToken ? Number(ownCallToken & LOW_HALF) : undefined],
    [DATA.lastHigh, hasToken ? Number(ownCallToken >> 32n) : undefined],
  ])
}
