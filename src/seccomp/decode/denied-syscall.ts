import { callText, ownArguments } from '../../linux/calls/call-text.ts'
import { AUDIT_ARCH, AUDIT_ARCH_I386, X32_SYSCALL_BIT } from '../../linux/constants.ts'
import { type Arch, syscallName } from '../../linux/syscalls.ts'
import type { DeniedSyscall } from './calls.ts'

/** A call in the form of struct seccomp_data (linux/seccomp.h). */
export interface CallRegisters {
  readonly syscall: number
  /** AUDIT_ARCH_…, linux/audit.h. */
  readonly auditArch: number
  /** The six argument registers. */
  readonly args: readonly bigint[]
}

const archNames = { x64: 'x86_64', arm64: 'aarch64' } as const

/** The machine whose table of calls the call uses; `undefined` for a table that no program may use. */
export function archOf({ syscall, auditArch }: CallRegisters): Arch | undefined {
  if (auditArch === AUDIT_ARCH.arm64) return 'arm64'
  return auditArch === AUDIT_ARCH.x64 && (syscall & X32_SYSCALL_BIT) === 0 ? 'x64' : undefined
}

// Reads a register as a signed 64-bit number, because most arguments are signed. Returns the register itself where a
// JavaScript number is not exact.
function readable(register: bigint): number | bigint {
  const value = BigInt.asIntN(64, register)
  return Number.isSafeInteger(Number(value)) ? Number(value) : register
}

/** A denied call, decoded. */
export function decodeCall(call: CallRegisters): DeniedSyscall {
  const { syscall, args } = call
  const arch = archOf(call)
  if (arch === undefined) return foreignCall(call)
  const name = syscallName(syscall, arch) ?? `syscall ${syscall}`
  return {
    name,
    args: ownArguments(name, arch, args).map(readable),
    text: callText(name, arch, args),
    arch: archNames[arch],
  }
}

function foreignCall({ syscall, auditArch, args }: CallRegisters): DeniedSyscall {
  const isX32 = auditArch === AUDIT_ARCH.x64
  const number = isX32 ? (syscall & ~X32_SYSCALL_BIT) >>> 0 : syscall
  const table = isX32 ? 'x32' : auditArch === AUDIT_ARCH_I386 ? 'i386' : 'arm'
  const name = isX32 ? `x32 syscall ${number}` : `32-bit syscall ${number}`
  return { name, args: args.map(readable), text: callText(name, 'x64', args), arch: table }
}
