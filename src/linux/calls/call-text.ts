import { O_CREAT, O_DIRECTORY, O_TMPFILE } from '../constants.ts'
import { hex } from '../names/bits.ts'
import type { Arch } from '../syscalls.ts'
import { argumentText } from './argument-text.ts'
import { syscallSignature } from './signatures.ts'

// __O_TMPFILE: O_TMPFILE without the bit of O_DIRECTORY.
const ONLY_TMPFILE = O_TMPFILE.x64 & ~O_DIRECTORY.x64

// Options of prctl(2) by the number of arguments after the option: none, one, two. The other registers contain leftover
// values. The text of any other option shows all registers.
const prctlOptions = [
  `PR_GET_DUMPABLE PR_GET_KEEPCAPS PR_GET_SECUREBITS PR_GET_SECCOMP PR_GET_TIMERSLACK`,
  `PR_SET_PDEATHSIG PR_GET_PDEATHSIG PR_SET_DUMPABLE PR_SET_KEEPCAPS PR_SET_NAME PR_GET_NAME
   PR_CAPBSET_READ PR_CAPBSET_DROP PR_SET_SECUREBITS PR_SET_TIMERSLACK PR_SET_CHILD_SUBREAPER
   PR_GET_CHILD_SUBREAPER PR_SET_PTRACER PR_SET_TSC PR_GET_TSC`,
  `PR_SET_SECCOMP`,
].map((options) => options.split(/\s+/))
const fcntlWithout = /^F_GET(FD|FL|OWN|SIG|LEASE|PIPE_SZ)$|^F_GET_SEALS$/

// The number of trailing arguments that the call does not use, given the other arguments.
function unused(name: string, texts: readonly string[], args: readonly bigint[]): number {
  const flags = { open: args[1], openat: args[2], mq_open: args[1] }[name]
  if (flags !== undefined) return Number(flags) & (O_CREAT | ONLY_TMPFILE) ? 0 : 1
  if (name === 'fcntl') return fcntlWithout.test(texts[1] ?? '') ? 1 : 0
  if (name !== 'prctl') return 0
  const count = prctlOptions.findIndex((options) => options.includes(texts[0] ?? ''))
  return count === -1 ? 0 : texts.length - 1 - count
}

/** The registers that contain the call's arguments; all six registers for an unknown call. */
export function ownArguments(
  name: string,
  arch: Arch,
  registers: readonly bigint[],
): readonly bigint[] {
  return registers.slice(0, syscallSignature(name, arch)?.length ?? registers.length)
}

/**
 * A system call as in C, decoded as far as registers allow: `socket(AF_INET, SOCK_STREAM, 0)`. The text shows a pointer
 * as an address, because the memory at that address is unknown.
 *
 * @param registers the six argument registers
 */
export function callText(name: string, arch: Arch, registers: readonly bigint[]): string {
  const signature = syscallSignature(name, arch)
  if (signature === undefined) return `${name}(${registers.map(hex).join(', ')})`
  const texts = signature.map((kind, index) => argumentText(kind, registers[index] ?? 0n, arch))
  const shown = texts.slice(0, texts.length - unused(name, texts, registers))
  return `${name}(${shown.join(', ')})`
}
