import { argumentBits, syscallSignature } from '../../linux/calls/signatures.ts'
import type { Arch } from '../../linux/syscalls.ts'
import type { SeccompCondition } from '../seccomp-policy.ts'
import { operandBits } from './operand.ts'

/** The flags with which clone(2) makes namespaces. */
const NAMESPACES =
  'CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET'

/** The sandbox's init, which is the same user as the program. */
const INIT_PID = 1

type Question = 'same' | 'same namespaces' | 'not the init'

// The calls with several purposes, and the calls that can act on the init. For each, the table names the arguments that
// determine the purpose, and how to compare them.
const questions: Readonly<Record<string, readonly (readonly [arg: number, Question])[]>> = {
  socket: [[0, 'same']],
  socketpair: [[0, 'same']],
  clone: [[0, 'same namespaces']],
  ioctl: [[1, 'same']],
  prctl: [[0, 'same']],
  arch_prctl: [[0, 'same']],
  personality: [[0, 'same']],
  ptrace: [[0, 'same']],
  bpf: [[0, 'same']],
  keyctl: [[0, 'same']],
  seccomp: [[0, 'same']],
  unshare: [[0, 'same']],
  prlimit64: [[0, 'not the init']],
  sched_setattr: [[0, 'not the init']],
  sched_setparam: [[0, 'not the init']],
  sched_setscheduler: [[0, 'not the init']],
  setpriority: [
    [0, 'same'],
    [1, 'not the init'],
  ],
  ioprio_set: [
    [0, 'same'],
    [1, 'not the init'],
  ],
}

const questionsOf = (name: string) => (Object.hasOwn(questions, name) ? questions[name] : []) ?? []

/** Whether the arguments of a call select between several purposes. */
export const hasSeveralPurposes = (name: string): boolean => questionsOf(name).length > 0

/**
 * The conditions that are true for calls with the same purpose as an observed call. They compare a socket's domain, an
 * ioctl's request, or a clone's namespaces. A call with one purpose needs no conditions.
 *
 * @param registers the observed argument registers
 * @param textOf formats an argument: `AF_INET`
 */
export function samePurpose(
  name: string,
  { arch, registers }: { readonly arch: Arch; readonly registers: readonly bigint[] },
  textOf: (arg: number) => string,
): SeccompCondition[] {
  const signature = syscallSignature(name, arch) ?? []
  return questionsOf(name).map(([arg, question]) => {
    const read = BigInt.asUintN(argumentBits[signature[arg] ?? 'ulong'], registers[arg] ?? 0n)
    if (question === 'same namespaces') {
      const made = NAMESPACES.split('|').filter((flag) => read & BigInt(operandBits(flag)))
      return { arg, op: 'masked_eq', mask: NAMESPACES, value: made.join('|') || 0 }
    }
    if (question === 'not the init' && read !== BigInt(INIT_PID)) {
      return { arg, op: 'ne', value: INIT_PID }
    }
    const text = textOf(arg)
    return { arg, op: 'eq', value: operandBits(text) === read ? plain(text) : number(read) }
  })
}

const plain = (text: string): number | string => (/^\d{1,9}$/.test(text) ? Number(text) : text)

function number(value: bigint): number | string {
  return value <= 0xffff_ffffn ? Number(value) : `0x${value.toString(16)}`
}
