import { fstatSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'
import {
  AUDIT_ARCH,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_LOG,
  SECCOMP_RET_TRACE,
  SECCOMP_RET_USER_NOTIF,
} from '../linux/constants.ts'
import type { Arch } from '../linux/syscalls.ts'
import { closeDescriptor, memfdCreate } from './libc.ts'

// seccomp.h: the library's names for the return values of the kernel's filters, and for AUDIT_ARCH.
export const SCMP_ACT_KILL_PROCESS = SECCOMP_RET_KILL_PROCESS
export const SCMP_ACT_NOTIFY = SECCOMP_RET_USER_NOTIF
export const SCMP_ACT_LOG = SECCOMP_RET_LOG
export const SCMP_ACT_ALLOW = SECCOMP_RET_ALLOW
/** SCMP_ACT_TRACE(data) of seccomp.h. */
export const SCMP_ACT_TRACE = (data: number): number => SECCOMP_RET_TRACE | (data & 0xffff)
/** SCMP_ACT_ERRNO(errno) of seccomp.h. */
export const SCMP_ACT_ERRNO = (errno: number): number => SECCOMP_RET_ERRNO | (errno & 0xffff)

const SCMP_FLTATR_ACT_BADARCH = 2
const SCMP_FLTATR_CTL_OPTIMIZE = 8

/** A rule that names a call by its number, because the library may not know the name of a newer call. */
export interface FilterRule {
  /** SCMP_ACT_…; never the filter's default, because the library refuses such a rule. */
  readonly action: number
  readonly syscall: number
}

type NativeFunction = ReturnType<LibraryHandle['func']>

interface Library {
  readonly seccomp_api_set: NativeFunction
  readonly seccomp_init: NativeFunction
  readonly seccomp_release: NativeFunction
  readonly seccomp_attr_set: NativeFunction
  readonly seccomp_rule_add_array: NativeFunction
  readonly seccomp_export_bpf: NativeFunction
  readonly version: string
}

/** Thrown when libseccomp.so.2 is missing or older than version 2.5, the first version with notifications. */
export class LibseccompMissingError extends Error {
  override readonly name = 'LibseccompMissingError'
}

/** Thrown when libseccomp refused a call; `errno` is positive. */
export class LibseccompError extends Error {
  override readonly name = 'LibseccompError'
  readonly call: string
  readonly errno: number

  constructor(call: string, errno: number) {
    super(`${call} failed with error ${errno}`)
    this.call = call
    this.errno = errno
  }
}

let loaded: Library | undefined

// Use only built-in type names. Any other type name of koffi is global to the process, and the process may evaluate
// this module more than once.
function load(): Library {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load('libseccomp.so.2')
  const bind = (name: string, ...parameters: string[]) => library.func(name, 'int', parameters)
  // struct scmp_version: major, minor, micro
  const version = library.func('seccomp_version', 'void *', [])()
  const numbers: ArrayLike<number> = koffi.decode(version, 'uint32', 3)
  return {
    seccomp_api_set: bind('seccomp_api_set', 'uint'),
    seccomp_init: library.func('seccomp_init', 'void *', ['uint32']),
    seccomp_release: library.func('seccomp_release', 'void', ['void *']),
    seccomp_attr_set: bind('seccomp_attr_set', 'void *', 'int', 'uint32'),
    seccomp_rule_add_array: bind(
      'seccomp_rule_add_array',
      'void *',
      'uint32',
      'int',
      'uint',
      'void *',
    ),
    seccomp_export_bpf: bind('seccomp_export_bpf', 'void *', 'int'),
    version: Array.from(numbers).join('.'),
  }
}

// SECCOMP_API level 5 has SCMP_ACT_NOTIFY. If this function did not set the level, libseccomp would probe the kernel.
// An outer sandbox may forbid the probe but allow the filter.
function libseccomp(): Library {
  if (loaded !== undefined) return loaded
  let library: Library
  try {
    library = load()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LibseccompMissingError(`libseccomp.so.2 cannot be loaded: ${reason}`, { cause })
  }
  if (library.seccomp_api_set(6) !== 0 && library.seccomp_api_set(5) !== 0) {
    throw new LibseccompMissingError(`libseccomp ${library.version} is older than 2.5`)
  }
  loaded = library
  return library
}

/**
 * The version of libseccomp, as `2.5.4`.
 *
 * @throws {LibseccompMissingError}
 */
export function libseccompVersion(): string {
  return libseccomp().version
}

function check(call: string, result: number): void {
  if (result < 0) throw new LibseccompError(call, -result)
}

function exported(filter: unknown): Uint8Array {
  const fd = memfdCreate('gradebox-seccomp', 0)
  try {
    check('seccomp_export_bpf()', libseccomp().seccomp_export_bpf(filter, fd))
    const program = new Uint8Array(fstatSync(fd).size)
    readSync(fd, program, 0, program.length, 0)
    return program
  } finally {
    closeDescriptor(fd)
  }
}

// The library knows only the call numbers of its own machine, and only the call names up to its own release. Gradebox
// therefore builds a filter for another architecture with that architecture's numbers. The second instruction of the
// filter checks the architecture, and this function replaces the architecture there.
function retarget(program: Uint8Array, arch: Arch): Uint8Array {
  const view = new DataView(program.buffer)
  const native = process.arch === 'arm64' ? AUDIT_ARCH.arm64 : AUDIT_ARCH.x64
  if (AUDIT_ARCH[arch] === native) return program
  // A program for x64 that is made on arm64 would lack the check of the x32 bit.
  if (arch === 'x64') throw new RangeError('A filter for x64 can be made on x64 only')
  if (view.getUint32(12, true) !== native)
    throw new Error('The second instruction does not check the architecture')
  view.setUint32(12, AUDIT_ARCH[arch], true)
  return program
}

/**
 * Builds a seccomp filter in the form that seccomp(2) takes: `struct sock_filter[]`, 8 bytes per instruction.
 *
 * @param defaultAction SCMP_ACT_… for calls that no rule matches
 * @param foreignAction SCMP_ACT_… for calls of another architecture (i386, x32)
 * @param rules at most one per call, because libseccomp does not define which of two rules wins
 * @throws {LibseccompMissingError} when the library is absent or too old
 * @throws {LibseccompError} when the library refuses a rule
 * @throws {ErrnoError} when no descriptor is left for the memfd that receives the filter
 */
export function buildFilter(
  { defaultAction, foreignAction }: { defaultAction: number; foreignAction: number },
  rules: readonly FilterRule[],
  arch: Arch,
): Uint8Array {
  const library = libseccomp()
  const filter = library.seccomp_init(defaultAction)
  if (filter === null) throw new LibseccompError('seccomp_init()', 0)
  try {
    const badArch = library.seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, foreignAction)
    check('seccomp_attr_set(SCMP_FLTATR_ACT_BADARCH)', badArch)
    // The value 2 selects a binary tree instead of a list. The tree only adds speed, so the code ignores the
    // error of an older library.
    library.seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)
    for (const { action, syscall } of rules) {
      const added = library.seccomp_rule_add_array(filter, action, syscall, 0, null)
      check(`seccomp_rule_add(${syscall})`, added)
    }
    return retarget(exported(filter), arch)
  } finally {
    library.seccomp_release(filter)
  }
}
