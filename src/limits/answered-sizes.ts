import { readFileSync } from 'node:fs'
import { machineMemoryBytes } from '../ffi/libc.ts'
import type { Arch } from '../linux/syscalls.ts'
import type { AnsweredSizes } from '../seccomp/compiler/answered-calls.ts'
import type { Limits } from './table.ts'

/** The largest address space that the kernel gives to a program that does not ask for more. */
export const ADDRESS_SPACE: Readonly<Record<Arch, bigint>> = { x64: 1n << 47n, arm64: 1n << 48n }

/** The most memory that the kernel promises to a program, by the value of overcommit_memory (proc_sys_vm(5)). */
const policies: Readonly<Record<string, (space: bigint) => bigint>> = {
  0: () => machineMemoryBytes(),
  1: (space) => space,
  2: (space) => commitLimitBytes() ?? space,
}

let machine: Pick<AnsweredSizes, 'allocationBytes' | 'mappingBytes'> | undefined

// The kernel refuses every larger request, even if no other memory is in use.
function largestOnMachine(arch: Arch) {
  const mappingBytes = ADDRESS_SPACE[arch]
  const policy = policies[readFileSync('/proc/sys/vm/overcommit_memory', 'utf8').trim()]
  return { allocationBytes: policy?.(mappingBytes) ?? mappingBytes, mappingBytes }
}

/** Under these limits, the kernel refuses memory above these sizes, or ends a program whose file exceeds the size. */
export function answeredSizes(
  { addressSpaceBytes, fileSizeBytes }: Pick<Limits, 'addressSpaceBytes' | 'fileSizeBytes'>,
  arch: Arch,
): AnsweredSizes {
  machine ??= largestOnMachine(arch)
  const { allocationBytes, mappingBytes } = machine
  const fileBytes = fileSizeBytes === undefined ? undefined : BigInt(fileSizeBytes)
  const space = addressSpaceBytes === undefined ? mappingBytes : BigInt(addressSpaceBytes)
  const mostMapped = space < mappingBytes ? space : mappingBytes
  return { allocationBytes, mappingBytes: mostMapped, fileBytes }
}

// The most memory that the kernel promises in total under strict accounting.
function commitLimitBytes(): bigint | undefined {
  const [, kilobytes] =
    /^CommitLimit:\s*(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? []
  return kilobytes === undefined ? undefined : BigInt(kilobytes) * 1024n
}
