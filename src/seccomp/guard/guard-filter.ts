import { type Arch, syscallNumber } from '../../linux/syscalls.ts'
import type { Policy } from '../../policy/policy.ts'
import { AF_VSOCK, byProcess, firstWhich, INIT, keyrings } from './guard.ts'

type GuardedCall =
  | (typeof byProcess)[number]
  | (typeof keyrings)[number]
  | keyof typeof firstWhich
  | 'socket'
type Numbers = Readonly<Record<GuardedCall, number>>

// arch/x86/entry/syscalls/syscall_32.tbl, arch/arm/tools/syscall.tbl
const common32 = {
  setpriority: 97,
  sched_setparam: 154,
  sched_setscheduler: 156,
  sched_setaffinity: 241,
}
const i386: Numbers = {
  ...common32,
  prlimit64: 340,
  sched_setattr: 351,
  ioprio_set: 289,
  add_key: 286,
  request_key: 287,
  keyctl: 288,
  socket: 359,
}
const arm: Numbers = {
  ...common32,
  prlimit64: 369,
  sched_setattr: 380,
  ioprio_set: 314,
  add_key: 309,
  request_key: 310,
  keyctl: 311,
  socket: 281,
}

// linux/audit.h
const tables = {
  x64: { native: 0xc000003e, foreign: 0x40000003, numbers: i386 },
  arm64: { native: 0xc00000b7, foreign: 0x40000028, numbers: arm },
} as const

// linux/bpf_common.h, linux/seccomp.h
const BPF_LD_W_ABS = 0x20
const BPF_AND_K = 0x54
const BPF_JEQ_K = 0x15
const BPF_RET_K = 0x06
const SECCOMP_RET_ALLOW = 0x7fff_0000
const SECCOMP_RET_ERRNO = 0x0005_0000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
/** Where struct seccomp_data has the call's number, its architecture, and an argument's lower half. */
const DATA = { nr: 0, arch: 4, argument: (index: number) => 16 + 8 * index }
/** i386's older way to sockets, with its arguments in memory, where no filter looks (socketcall(2)). */
const SOCKETCALL = 102
/** Set in the numbers of x32's calls (asm/unistd.h). */
const X32_BIT = 0x4000_0000

interface Instruction {
  readonly code: number
  readonly k: number
  /** A name that earlier instructions may jump to. */
  readonly label?: string
  /** Where to go on when the accumulator equals `k`. */
  readonly whenEqual?: string
}

/**
 * The filter of a program whose policy has none: a BPF program as `compileSeccomp()` makes it, but without
 * libseccomp. It lets through all but a change of the init's limits and priorities, the keyrings and,
 * unless the network is the host's, vsock; also by the numbers of 32-bit programs.
 */
export function guardFilter(arch: Arch, network: Policy['network']): Uint8Array {
  const { native, foreign, numbers } = tables[arch]
  const own = (name: GuardedCall) => syscallNumber(name, arch) ?? -1
  const sockets = network !== 'host'
  return link([
    { code: BPF_LD_W_ABS, k: DATA.arch },
    { code: BPF_JEQ_K, k: foreign, whenEqual: 'foreign' },
    { code: BPF_JEQ_K, k: native, whenEqual: 'native' },
    { code: BPF_RET_K, k: SECCOMP_RET_ALLOW },
    ...byNumber('native', own, sockets),
    ...byNumber('foreign', (name) => numbers[name], sockets),
    { code: BPF_LD_W_ABS, k: DATA.argument(0), label: 'process' },
    { code: BPF_JEQ_K, k: INIT, whenEqual: 'refused' },
    { code: BPF_RET_K, k: SECCOMP_RET_ALLOW },
    ...Object.entries(firstWhich).flatMap(([name, first]) => byWhich(name, first)),
    { code: BPF_LD_W_ABS, k: DATA.argument(0), label: 'socket' },
    { code: BPF_JEQ_K, k: AF_VSOCK, whenEqual: 'unsupported' },
    { code: BPF_RET_K, k: SECCOMP_RET_ALLOW },
    { code: BPF_RET_K, k: SECCOMP_RET_ERRNO | EPERM, label: 'refused' },
    { code: BPF_RET_K, k: SECCOMP_RET_ERRNO | EAFNOSUPPORT, label: 'unsupported' },
    { code: BPF_RET_K, k: SECCOMP_RET_ERRNO | ENOSYS, label: 'missing' },
  ])
}

function byNumber(
  label: string,
  number: (name: GuardedCall) => number,
  sockets: boolean,
): Instruction[] {
  const jump = (name: GuardedCall, whenEqual: string) => {
    return { code: BPF_JEQ_K, k: number(name) >>> 0, whenEqual }
  }
  const hasSocketcall = number('socket') === i386.socket
  return [
    { code: BPF_LD_W_ABS, k: DATA.nr, label },
    { code: BPF_AND_K, k: ~X32_BIT >>> 0 },
    ...byProcess.map((name) => jump(name, 'process')),
    jump('setpriority', 'setpriority'),
    jump('ioprio_set', 'ioprio_set'),
    ...keyrings.map((name) => jump(name, 'missing')),
    ...(sockets ? [jump('socket', 'socket')] : []),
    ...(sockets && hasSocketcall ? [{ code: BPF_JEQ_K, k: SOCKETCALL, whenEqual: 'missing' }] : []),
    { code: BPF_RET_K, k: SECCOMP_RET_ALLOW },
  ]
}

function byWhich(name: string, first: number): Instruction[] {
  return [
    { code: BPF_LD_W_ABS, k: DATA.argument(0), label: name },
    { code: BPF_JEQ_K, k: first + 2, whenEqual: 'refused' },
    { code: BPF_LD_W_ABS, k: DATA.argument(1) },
    { code: BPF_JEQ_K, k: INIT, whenEqual: 'refused' },
    { code: BPF_RET_K, k: SECCOMP_RET_ALLOW },
  ]
}

// struct sock_filter: u16 code, u8 and u8 how many instructions to skip, u32 k.
function link(program: readonly Instruction[]): Uint8Array {
  const filter = Buffer.alloc(program.length * 8)
  program.forEach(({ code, k, whenEqual }, index) => {
    const target = program.findIndex(({ label }) => label !== undefined && label === whenEqual)
    filter.writeUInt16LE(code, index * 8)
    filter.writeUInt8(target < 0 ? 0 : target - index - 1, index * 8 + 2)
    filter.writeUInt32LE(k, index * 8 + 4)
  })
  return filter
}
