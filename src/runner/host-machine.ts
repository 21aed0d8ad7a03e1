import { readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { SandboxError } from '../errors/sandbox-error.ts'
import type { Arch } from '../launcher/machine/machine.ts'
import { chooseFlow, type Flow, hasCapabilities, isKernelRoot } from '../launcher/plan/flow.ts'
import { mountsBelow, readMountinfo } from '../launcher/plan/host.ts'
import type { HostMount } from '../launcher/plan/mount-steps.ts'

/** The facts about the machine that the plan needs. Gradebox reads these facts once per process. */
export interface HostMachine {
  readonly arch: Arch
  /** The highest capability of the kernel, from /proc/sys/kernel/cap_last_cap. */
  readonly lastCapability: number
  /** Returns the host's mounts at or below a path; undefined if the kernel has mount_setattr(2). */
  readonly remount: ((source: string) => readonly HostMount[]) | undefined
}

let known: HostMachine | undefined

/**
 * The machine this process runs on.
 *
 * @throws {SandboxError} UNSUPPORTED_PLATFORM if the machine is not Linux on x64 or arm64
 */
export function hostMachine(): HostMachine {
  known ??= {
    arch: supportedArch(process.platform, process.arch),
    lastCapability: Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')),
    remount: isAtLeast(release(), 5, 12)
      ? undefined
      : (source) => mountsBelow(source, readMountinfo()),
  }
  return known
}

/** Checks the platform and the architecture, by the names that Node gives them. */
export function supportedArch(platform: string, arch: string): Arch {
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return arch
  throw new SandboxError(
    `Gradebox runs programs on Linux x64 and arm64; this is ${platform} ${arch}`,
    {
      code: 'UNSUPPORTED_PLATFORM',
      hint: 'Run the tests on a Linux machine, in a virtual machine, or in a Linux container.',
    },
  )
}

/** Whether a kernel release, such as `6.1.0-18-amd64`, is a given version or newer. */
export function isAtLeast(kernel: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10))
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

let idMaps:
  | (Pick<Parameters<typeof chooseFlow>[0], 'uidMap' | 'gidMap' | 'setgroups'> & {
      readonly systemOwner: number
    })
  | undefined

/**
 * How this process, as its current user, builds its next sandbox.
 *
 * @throws {SandboxError} NAMESPACES_UNAVAILABLE if the program would be root to the kernel
 */
export function nextFlow(): Flow {
  idMaps ??= {
    uidMap: readFileSync('/proc/self/uid_map', 'utf8'),
    gidMap: readFileSync('/proc/self/gid_map', 'utf8'),
    setgroups: readFileSync('/proc/self/setgroups', 'utf8'),
    systemOwner: statSync('/proc/sys/kernel').uid,
  }
  const [euid, egid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  if (euid === 0) rootCapabilities ??= effectiveCapabilities()
  const capabilities = euid === 0 ? (rootCapabilities ?? 0n) : 0n
  const flow = chooseFlow({ euid, egid, ...idMaps, capabilities })
  if (!isKernelRoot(flow, idMaps.systemOwner)) return flow
  if (!hasCapabilities(capabilities, 'CAP_SETUID', 'CAP_SETGID')) {
    throw new SandboxError(
      'This process is root without the capability to become another user: the program would be root to the kernel',
      {
        code: 'NAMESPACES_UNAVAILABLE',
        hint: 'Run the tests as an ordinary user (docker run --user 1000:1000), or leave CAP_SETUID and CAP_SETGID to root.',
      },
    )
  }
  throw new SandboxError(
    'This process is root in a user namespace that has no other user: the program would be root to the kernel',
    {
      code: 'NAMESPACES_UNAVAILABLE',
      hint: 'Run the tests as an ordinary user, as root outside of the namespace, or map more ids (unshare --map-auto).',
    },
  )
}

let rootCapabilities: bigint | undefined

/** This process's effective capabilities, CapEff of proc_pid_status(5). */
export function effectiveCapabilities(): bigint {
  const status = readFileSync('/proc/self/status', 'utf8')
  return BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(status)?.[1] ?? '0'}`)
}
