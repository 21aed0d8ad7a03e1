import { release } from 'node:os'
import { closeDescriptor, makePipe, spawn, waitForProcess } from '../ffi/libc.ts'
import { libseccompVersion } from '../ffi/libseccomp.ts'
import { makeExecutable } from '../launcher/image/memory.ts'
import { failSteps } from '../launcher/plan/starter.ts'
import { stepsOf } from '../launcher/step.ts'
import { hostMachine, isAtLeast } from '../runner/host-machine.ts'
import { makeImage } from '../runner/launch/launch.ts'
import type { Finding } from './finding.ts'
import { kernelFixes, libseccompFixes, memfdFixes, olderKernelFixes } from './fixes.ts'

const messageOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] ?? ''
}

/** Checks the architecture, and that koffi can call the C library. */
export function checkPlatform(): Finding[] {
  const platform = { id: 'platform', title: 'platform' } as const
  try {
    const { arch } = hostMachine()
    return [{ ...platform, state: 'works', detail: `Linux on ${arch}` }, checkKoffi()]
  } catch (error) {
    const fixes = { machine: 'run it on Linux x64 or arm64, or in a Linux container' }
    return [{ ...platform, state: 'fails', detail: messageOf(error), fixes }]
  }
}

function checkKoffi(): Finding {
  const koffi = { id: 'koffi', title: 'koffi' } as const
  try {
    const { read, write } = makePipe(0)
    closeDescriptor(read)
    closeDescriptor(write)
    return { ...koffi, state: 'works', detail: 'calls the C library' }
  } catch (error) {
    const fixes = {
      machine: 'npm ci, with optional dependencies: the prebuilt library is one of them',
    }
    return { ...koffi, state: 'fails', detail: messageOf(error), fixes }
  }
}

/** Checks the kernel and the launch program. The check starts a program that only tries close_range(2) and exits. */
export function checkLaunch(): Finding[] {
  const kernel = { id: 'kernel', title: 'kernel' } as const
  const memfd = { id: 'memfd', title: 'memfd exec' } as const
  try {
    const { code, fromMemory } = launchTrivial()
    const version = `Linux ${release()}`
    return [
      code === 0
        ? { ...kernel, ...judgeKernel(release()) }
        : {
            ...kernel,
            state: 'fails',
            detail: `${version} has no close_range(2)`,
            fixes: kernelFixes,
          },
      fromMemory
        ? { ...memfd, state: 'works', detail: 'a program in a sealed memfd was executed' }
        : {
            ...memfd,
            state: 'weaker',
            detail: 'vm.memfd_noexec forbids it, so a temporary file is executed',
            fixes: memfdFixes,
          },
    ]
  } catch (error) {
    return [{ ...memfd, state: 'fails', detail: messageOf(error), fixes: memfdFixes }]
  }
}

/** Names the features that a kernel of this release lacks. The launch program also runs without these features. */
export function judgeKernel(kernel: string): Pick<Finding, 'state' | 'detail' | 'fixes'> {
  const lacks = [
    ...(isAtLeast(kernel, 5, 12)
      ? []
      : ['it has no mount_setattr(2): read-only mounts are remounted one by one']),
    ...(isAtLeast(kernel, 5, 14)
      ? []
      : ['the limit of processes also counts the processes of its user outside']),
  ]
  if (lacks.length === 0) return { state: 'works', detail: `Linux ${kernel}` }
  return {
    state: 'weaker',
    detail: `Linux ${kernel}: ${lacks.join('; ')}`,
    fixes: olderKernelFixes,
  }
}

function launchTrivial(): { code: number; fromMemory: boolean } {
  const { arch } = hostMachine()
  const starter = stepsOf('starter')
  const steps = [
    starter('close_range', [3, 0xffff_ffff, 0]),
    starter('exit_group', [0]),
    ...failSteps,
  ]
  const executable = makeExecutable(makeImage({ steps, areas: [] }, arch).elf)
  const pipe = makePipe(0)
  try {
    // A step that fails writes a record to descriptor 3. The check does not read the record.
    const { status } = waitForProcess(spawn(executable.path, [pipe.read, pipe.write, pipe.write]))
    return { code: status, fromMemory: executable.path.startsWith('/proc/self/fd/') }
  } finally {
    closeDescriptor(pipe.read)
    closeDescriptor(pipe.write)
    executable.dispose()
  }
}

/** Checks libseccomp, the library that compiles filters. */
export function checkLibseccomp(): Finding {
  const libseccomp = { id: 'libseccomp', title: 'libseccomp' } as const
  try {
    return { ...libseccomp, state: 'works', detail: `version ${libseccompVersion()}` }
  } catch (error) {
    return { ...libseccomp, state: 'fails', detail: messageOf(error), fixes: libseccompFixes }
  }
}
