import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readAttribute } from '../../ffi/libc.ts'
import { removeStale } from './group-names.ts'
import type { V1Delegation } from './v1.ts'

/** A part of the cgroup v2 hierarchy that this user may divide (cgroups(7), "Delegation"). */
export interface V2Delegation {
  readonly version: 2
  /** The host path of the group that contains the groups of all runs. */
  readonly path: string
  /** The controllers that can enforce limits in the groups. Even a group without controllers counts the CPU time. */
  readonly controllers: ReadonlySet<Controller>
}

export type Controller = 'memory' | 'pids'

/** The part of a cgroup hierarchy in which Gradebox makes the groups of runs. */
export type Delegation = V1Delegation | V2Delegation

/** The reason why there is no delegation, and what to do. */
export interface NoDelegation {
  readonly reason: string
}

const CONTROLLERS: readonly Controller[] = ['memory', 'pids']
/**
 * The group to which Gradebox moves the test runner's processes, because a group that contains other groups may contain
 * no processes itself.
 */
const LEAF = 'gradebox-runner'

let known: V2Delegation | NoDelegation | undefined

/** The delegation of this process, found and prepared once. */
export function findDelegation(): V2Delegation | NoDelegation {
  known ??= prepare()
  return known
}

/** Records that the delegation does not work. From now on, Gradebox enforces limits without a delegation. */
export function refuseDelegation(reason: string): void {
  known = { reason }
}

function prepare(): V2Delegation | NoDelegation {
  const own = ownGroup(
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  )
  if (own === undefined)
    return { reason: 'cgroup v2 is not mounted, or has no group of this process' }
  const path = basename(own) === LEAF ? dirname(own) : own
  const refusal = refusalOf(path)
  if (refusal !== undefined) return { reason: refusal }
  try {
    const available = words(join(path, 'cgroup.controllers'))
    const wanted = CONTROLLERS.filter((name) => available.includes(name))
    enable(path, wanted)
    if (available.includes('cpu')) shareProcessors(path)
    removeStale(path)
    return { version: 2, path, controllers: new Set(wanted) }
  } catch (error) {
    const { code = 'EIO', syscall = '' } = error as NodeJS.ErrnoException
    return { reason: `${path} cannot be divided: ${syscall} ${code}` }
  }
}

/**
 * The host path of this process's group.
 *
 * @param mountinfo the text of /proc/self/mountinfo
 * @param cgroups the text of /proc/self/cgroup
 */
export function ownGroup(mountinfo: string, cgroups: string): string | undefined {
  const own = /^0::(\/.*)$/m.exec(cgroups)?.[1]
  // proc_pid_mountinfo(5): root and mount point are the 4th and 5th field, the type is after " - ".
  const mount = /^\d+ \d+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(mountinfo)
  if (own === undefined || mount === null) return undefined
  const [, root = '/', at = ''] = mount
  if (root !== '/' && own !== root && !own.startsWith(`${root}/`)) return undefined
  return join(at, own.slice(root === '/' ? 0 : root.length))
}

// Root may write everywhere, also where systemd manages the groups. For root, the group must therefore have the
// mark that `Delegate=` sets (systemd.resource-control(5)). The root of a cgroup namespace belongs to the container.
function refusalOf(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK)
    accessSync(join(path, 'cgroup.procs'), constants.W_OK)
    accessSync(join(path, 'cgroup.subtree_control'), constants.W_OK)
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    return `${path} is not delegated to this user (${code}): start the tests with systemd-run --user --scope -p Delegate=yes`
  }
  if (process.getuid?.() !== 0 || isNamespaceRoot() || isMarked(path)) return undefined
  return `${path} belongs to systemd: start the tests with systemd-run --scope -p Delegate=yes`
}

const isNamespaceRoot = (): boolean => {
  const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  return own === '/' || own === `/${LEAF}`
}

const isMarked = (path: string): boolean =>
  ['trusted.delegate', 'user.delegate'].some((name) => readAttribute(path, name) === '1')

const words = (path: string): string[] => readFileSync(path, 'utf8').trim().split(/\s+/)

function enable(path: string, controllers: readonly (Controller | 'cpu')[]): void {
  const enabled = words(join(path, 'cgroup.subtree_control'))
  const missing = controllers.filter((name) => !enabled.includes(name))
  if (missing.length === 0) return
  const request = missing.map((name) => `+${name}`).join(' ')
  try {
    writeFileSync(join(path, 'cgroup.subtree_control'), request)
  } catch (error) {
    // EBUSY: a group with processes cannot pass on controllers, except the hierarchy's own root (cgroups(7)).
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    moveProcesses(path)
    writeFileSync(join(path, 'cgroup.subtree_control'), request)
  }
}

/**
 * Makes the kernel share the processors equally among the runs, because the group of each run has the same cpu.weight.
 * A program then gains nothing by many sessions or threads. The kernel refuses the cpu controller while there are
 * real-time processes (cgroups(7)).
 */
function shareProcessors(path: string): void {
  try {
    enable(path, ['cpu'])
  } catch {
    // No limit depends on this setting.
  }
}

/** The largest number of rounds. Each round moves the processes that started during the previous round. */
const MOVES = 50

function moveProcesses(path: string): void {
  const leaf = join(path, LEAF)
  mkdirSync(leaf, { recursive: true })
  for (let round = 0; round < MOVES; round++) {
    const pids = words(join(path, 'cgroup.procs')).filter((pid) => pid !== '')
    if (pids.length === 0) return
    for (const pid of pids) moveProcess(leaf, pid)
  }
}

function moveProcess(leaf: string, pid: string): void {
  try {
    writeFileSync(join(leaf, 'cgroup.procs'), pid)
  } catch (error) {
    // The process has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
