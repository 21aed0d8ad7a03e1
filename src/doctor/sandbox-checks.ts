import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxError } from '../errors/sandbox-error.ts'
import { isOverlayRefusal } from '../launcher/plan/trees.ts'
import { SECCOMP_FILTER_FLAG_NEW_LISTENER } from '../linux/constants.ts'
import { nextFlow } from '../runner/host-machine.ts'
import type { Finding } from './finding.ts'
import { namespaceFixes, procFixes, readOnlySysctlFixes } from './fixes.ts'
import { namespaceCause } from './namespace-cause.ts'
import { probe, probePolicy } from './probe.ts'
import { readText, type Surroundings } from './surroundings.ts'

/** The system call that failed in a probe, and the error of the call. */
export const why = ({ message }: SandboxError): string =>
  (message.split('\n')[0] ?? '').replace(/^The sandbox could not be (set up|started): /, '')

/** Checks user, mount, pid, IPC and cgroup namespaces, and a tmpfs as the root file system. */
export async function checkNamespaces(around: Surroundings): Promise<Finding> {
  const { error } = await probe({ policy: probePolicy() })
  const namespaces = { id: 'namespaces', title: 'namespaces' } as const
  if (error === undefined) {
    const who = around.isRoot ? 'root' : 'an ordinary user'
    return { ...namespaces, state: 'works', detail: `user, mount, pid, IPC and cgroup, as ${who}` }
  }
  if (error.step?.errno === 'EROFS') {
    return { ...namespaces, state: 'fails', detail: why(error), fixes: readOnlySysctlFixes }
  }
  const { cause, fixes } = namespaceCause(around, (path) => readText(`/proc/sys/${path}`).trim())
  return { ...namespaces, state: 'fails', detail: `${why(error)}; ${cause}`, fixes }
}

/** Checks a private network in which only loopback is up, and a private host name. */
export async function checkNetwork(): Promise<Finding> {
  const policy = probePolicy({ network: 'loopback', share_uts: false })
  const { error } = await probe({ policy })
  const network = { id: 'network', title: 'network and host name' } as const
  if (error === undefined) return { ...network, state: 'works', detail: 'loopback only' }
  return { ...network, state: 'fails', detail: why(error), fixes: namespaceFixes.container }
}

/** Checks a private /proc. */
export async function checkProc(): Promise<Finding> {
  const proc = { id: 'proc', title: '/proc' } as const
  const { error } = await probe({ policy: probePolicy({ proc: 'full' }) })
  if (error === undefined) return { ...proc, state: 'works', detail: 'a new one was mounted' }
  const onlyProcesses = await probe({ policy: probePolicy({ proc: 'pid' }) })
  const detail =
    onlyProcesses.error === undefined
      ? `${why(error)}; with proc = "pid" it can be mounted`
      : `${why(error)}; only policies with proc = "none" work`
  return { ...proc, state: 'fails', detail, fixes: procFixes }
}

/** Checks copy-on-write of a working directory. */
export async function checkOverlay(): Promise<Finding> {
  const overlay = { id: 'overlay', title: 'copy-on-write' } as const
  return withDirectory(async (workdir) => {
    const { error, steps } = await probe({ policy: probePolicy(), workdir })
    if (error !== undefined) return { ...overlay, state: 'fails', detail: why(error) }
    // Mount 0 is the working directory. If the kernel refuses the overlay, the last plan has a copy instead.
    if (steps.some((step) => isOverlayRefusal(step, 0))) {
      return { ...overlay, state: 'works', detail: `by overlay, of a directory in ${tmpdir()}` }
    }
    return {
      ...overlay,
      state: 'weaker',
      detail: `the kernel refuses an overlay of ${tmpdir()}: each run copies its working directory`,
      fixes: {
        machine: 'keep submissions on a file system that overlayfs takes (ext4, xfs, btrfs)',
      },
    }
  })
}

/** Checks a working directory that the program may change. If this process is root, the mount maps the owner's id. */
export async function checkReadWrite(): Promise<Finding> {
  const title = { id: 'read-write', title: 'read-write workdir' } as const
  return withDirectory(async (source) => {
    // Root in a user namespace may have no other user id to give to the program. `nextFlow()` then treats this process
    // as an ordinary user.
    const isRoot = nextFlow().kind === 'root'
    if (isRoot) chownSync(source, 1000, 1000)
    const workdir = { source, mode: 'read-write' } as const
    const { error } = await probe({ policy: probePolicy(), workdir })
    const how = isRoot ? 'by an idmapped mount' : 'by a bind mount'
    if (error === undefined) return { ...title, state: 'works', detail: how }
    const fixes = {
      machine:
        'use copy-on-write and `collect`, or Linux 5.12 and a file system that can be idmapped',
    }
    return { ...title, state: 'weaker', detail: why(error), fixes }
  })
}

async function withDirectory(check: (path: string) => Promise<Finding>): Promise<Finding> {
  const path = mkdtempSync(join(tmpdir(), 'gradebox-doctor-'))
  try {
    return await check(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

/** Checks a seccomp filter, and the notification about a call that the filter denies. */
export async function checkSeccomp(): Promise<Finding> {
  const seccomp = { id: 'seccomp', title: 'seccomp filter' } as const
  const rules = [{ action: 'kill', syscalls: ['swapon'] }]
  const policy = probePolicy({ seccomp: { default: 'allow', rules } })
  const { error, steps } = await probe({ policy })
  const fixes = namespaceFixes.container
  if (error !== undefined) return { ...seccomp, state: 'fails', detail: why(error), fixes }
  const install = steps.find(({ syscall }) => syscall === 'seccomp')
  if (install?.args[1] === SECCOMP_FILTER_FLAG_NEW_LISTENER) {
    return { ...seccomp, state: 'works', detail: 'with user notification: denied calls are named' }
  }
  const detail = 'no user notification (an outer sandbox has it): denied calls are not named'
  return { ...seccomp, state: 'weaker', detail, fixes }
}

/** Checks that this machine can enforce a shipped policy as a whole. */
export async function checkPolicy(policy: string, about: string): Promise<Finding> {
  const { error } = await probe({ policy })
  const finding = { id: `policy-${policy}`, title: `policy ${policy}` }
  if (error === undefined) return { ...finding, state: 'works', detail: `${about}, enforced whole` }
  // If something prevents every sandbox, an earlier check has already reported the cause and the fix.
  const isOwn = error.code !== 'NAMESPACES_UNAVAILABLE' && error.hint !== undefined
  const hint = isOwn ? { fixes: { machine: error.hint } } : {}
  return { ...finding, state: 'fails', detail: why(error), ...hint }
}
