import { O_CREAT, O_DIRECTORY, O_TMPFILE } from '../../linux/constants.ts'
import { hex } from '../../linux/names/bits.ts'
import { argumentBits, syscallSignature } from '../../linux/syscall-signatures.ts'
import type { Arch } from '../../linux/syscalls.ts'
import { decoders } from './kinds.ts'

// __O_TMPFILE: O_TMPFILE without the bit of O_DIRECTORY.
const ONLY_TMPFILE = O_TMPFILE.x64 & ~O_DIRECTORY.x64

// The number of arguments after the option. The other registers hold leftover values.
const prctlArguments: Readonly<Record<string, number>> = {
  PR_GET_DUMPABLE: 0,
  PR_GET_KEEPCAPS: 0,
  PR_GET_SECUREBITS: 0,
  PR_GET_SECCOMP: 0,
  PR_GET_TIMERSLACK: 0,
  PR_SET_PDEATHSIG: 1,
  PR_GET_PDEATHSIG: 1,
  PR_SET_DUMPABLE: 1,
  PR_SET_KEEPCAPS: 1,
  PR_SET_NAME: 1,
  PR_GET_NAME: 1,
  PR_CAPBSET_READ: 1,
  PR_CAPBSET_DROP: 1,
  PR_SET_SECUREBITS: 1,
  PR_SET_TIMERSLACK: 1,
  PR_SET_CHILD_SUBREAPER: 1,
  PR_GET_CHILD_SUBREAPER: 1,
  PR_SET_PTRACER: 1,
  PR_SET_TSC: 1,
  PR_GET_TSC: 1,
  PR_SET_SECCOMP: 2,
}
const fcntlWithout = /^F_GET(FD|FL|OWN|SIG|LEASE|PIPE_SZ)$|^F_GET_SEALS$/

// The number of trailing arguments that the call does not use with these other arguments.
function unused(name: string, texts: readonly string[], args: readonly bigint[]): number {
  const flags = { open: args[1], openat: args[2], mq_open: args[1] }[name]
  if (flags !== undefined) return Number(flags) & (O_CREAT | ONLY_TMPFILE) ? 0 : 1
  if (name === 'fcntl') return fcntlWithout.test(texts[1] ?? '') ? 1 : 0
  const count = name === 'prctl' ? prctlArguments[texts[0] ?? ''] : undefined
  return count === undefined ? 0 : texts.length - 1 - count
}

/** The registers that are the call's arguments; all six for an unknown call. */
export function ownArguments(
  name: string,
  arch: Arch,
  registers: readonly bigint[],
): readonly bigint[] {
  return registers.slice(0, syscallSignature(name, arch)?.length ?? registers.length)
}

/**
 * A system call as C writes it, decoded as far as registers allow: `socket(AF_INET, SOCK_STREAM, 0)`. A
 * pointer is an address, because the memory behind it is unknown.
 *
 * @param registers the six argument registers
 */
export function callText(name: string, arch: Arch, registers: readonly bigint[]): string {
  const signature = syscallSignature(name, arch)
  if (signature === undefined) return `${name}(${registers.map(hex).join(', ')})`
  const texts = signature.map((kind, index) => {
    const read = BigInt.asUintN(argumentBits[kind], registers[index] ?? 0n)
    return decoders[kind](read, arch)
  })
  const shown = texts.slice(0, texts.length - unused(name, texts, registers))
  return `${name}(${shown.join(', ')})`
}
