import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Limits } from '../table.ts'
import { INIT_PROCESSES } from '../table.ts'
import type { GroupUsage, RunGroup } from './group.ts'
import { groupError, groupName, removeStale } from './group-names.ts'

/** The hierarchies of cgroup v1 in which this user may make groups. */
export interface V1Delegation {
  readonly version: 1
  readonly path: string
  /** The controllers that can enforce limits in these hierarchies. */
  readonly controllers: ReadonlySet<'memory' | 'pids'>
  /**
   * The host path of this process's group in each hierarchy. `cpuacct` counts the CPU time. With `cpu` the kernel
   * shares the processors equally among runs, so a program gains nothing by many sessions or threads (sched(7),
   * cgroups(7)).
   */
  readonly directories: ReadonlyMap<Hierarchy, string>
}

const HIERARCHIES = ['cpuacct', 'cpu', 'memory', 'pids'] as const
type Hierarchy = (typeof HIERARCHIES)[number]

let known: V1Delegation | { readonly reason: string } | undefined

/** The hierarchies of cgroup v1 that this process may use, found once. */
export function findV1Delegation(): V1Delegation | { readonly reason: string } {
  known ??= find()
  return known
}

function find(): V1Delegation | { readonly reason: string } {
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')
  const cgroups = readFileSync('/proc/self/cgroup', 'utf8')
  const own = HIERARCHIES.flatMap((name) => {
    const path = ownV1Group(name, mountinfo, cgroups)
    return path !== undefined && isWritable(path) ? [[name, path] as const] : []
  })
  const directories = new Map(own)
  const path = directories.get('cpuacct')
  if (path === undefined) return { reason: 'no group of cgroup v1 can be made here' }
  for (const directory of directories.values()) removeStale(directory)
  const controllers = new Set((['memory', 'pids'] as const).filter((name) => directories.has(name)))
  return { version: 1, path, controllers, directories }
}

/** Removes the groups of test runners and worker threads that ended before they could remove their own groups. */
export function removeStaleV1Groups(): void {
  const found = findV1Delegation()
  if ('reason' in found) return
  for (const directory of found.directories.values()) removeStale(directory)
}

/**
 * The host path of this process's group in a hierarchy of cgroup v1.
 *
 * @param mountinfo the text of /proc/self/mountinfo
 * @param cgroups the text of /proc/self/cgroup
 */
export function ownV1Group(
  controller: Hierarchy,
  mountinfo: string,
  cgroups: string,
): string | undefined {
  const own = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(/.*)$`, 'm').exec(cgroups)?.[1]
  // proc_pid_mountinfo(5): root and mount point are the 4th and 5th field. The last field has the controllers.
  const mount = new RegExp(
    `^\\d+ \\d+ \\S+ (\\S+) (\\S+) .* - cgroup \\S+ \\S*\\b${controller}\\b`,
    'm',
  ).exec(mountinfo)
  if (own === undefined || mount === null) return undefined
  const [, root = '/', at = ''] = mount
  if (root !== '/' && own !== root && !own.startsWith(`${root}/`)) return undefined
  return join(at, own.slice(root === '/' ? 0 : root.length))
}

// In a container the file system is usually read-only.
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Makes a group for one run in each hierarchy. cgroup v1 cannot clone a process into a group, so {@link RunGroup.enter}
 * moves the init into the group before the init gets its request.
 *
 * @throws {SandboxError} LIMIT_UNAVAILABLE with the file that Gradebox could not write
 */
export function makeV1Group({ directories }: V1Delegation, limits: Limits): RunGroup {
  const name = groupName()
  const own = new Map([...directories].map(([hierarchy, path]) => [hierarchy, join(path, name)]))
  // Most machines mount cpu and cpuacct as one hierarchy.
  const paths = new Set(own.values())
  const of = (hierarchy: Hierarchy, file: string) => join(own.get(hierarchy) ?? '', file)
  const remove = () => {
    for (const path of paths) removeGroup(path)
  }
  /** The CPU time that the init used before the move into the group. */
  let beforeMs = 0
  try {
    for (const path of paths) mkdirSync(path)
    if (limits.processes !== undefined && own.has('pids'))
      writeFileSync(of('pids', 'pids.max'), `${limits.processes + INIT_PROCESSES}`)
    if (limits.memoryBytes !== undefined && own.has('memory')) {
      writeFileSync(of('memory', 'memory.limit_in_bytes'), `${limits.memoryBytes}`)
      limitSwap(of('memory', 'memory.memsw.limit_in_bytes'), limits.memoryBytes)
    }
  } catch (cause) {
    remove()
    throw groupError(cause as NodeJS.ErrnoException, of('cpuacct', ''))
  }
  return {
    path: undefined,
    cpuFile: of('cpuacct', 'cpuacct.usage'),
    usage: () => usageOf(of, own.has('memory'), beforeMs),
    enter: (init) => {
      beforeMs = firstNumber(`/proc/${init}/schedstat`) / 1e6
      try {
        move(init, paths)
        // The init may already have made the process that becomes the program. Later children start in the new group.
        const children = readFileSync(`/proc/${init}/task/${init}/children`, 'utf8')
        for (const child of children.match(/\d+/g) ?? []) move(Number(child), paths)
      } catch (cause) {
        throw groupError(cause as NodeJS.ErrnoException, of('cpuacct', ''))
      }
    },
    allowMemory: (bytes) => {
      if (limits.memoryBytes === undefined || bytes === 0 || !own.has('memory')) return
      const most = limits.memoryBytes + bytes
      // The limit with swap rises first, because it must never be below the limit without swap.
      limitSwap(of('memory', 'memory.memsw.limit_in_bytes'), most)
      writeFileSync(of('memory', 'memory.limit_in_bytes'), `${most}`)
    },
    remove,
  }
}

function move(pid: number, groups: ReadonlySet<string>): void {
  for (const path of groups) {
    try {
      writeFileSync(join(path, 'cgroup.procs'), `${pid}`)
    } catch (error) {
      // The process has ended. The init's helper can end at any time.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

// A kernel without swap accounting has no such file.
function limitSwap(path: string, bytes: number): void {
  try {
    writeFileSync(path, `${bytes}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function usageOf(
  of: (hierarchy: Hierarchy, file: string) => string,
  hasMemory: boolean,
  beforeMs: number,
): GroupUsage {
  const ms = (file: string) => firstNumber(of('cpuacct', file)) / 1e6
  const cpuTimeMs = ms('cpuacct.usage') + beforeMs
  // The kernel samples user and system time by ticks, but counts their sum exactly.
  const [user, system] = [ms('cpuacct.usage_user'), ms('cpuacct.usage_sys')]
  const userTimeMs = user + system > 0 ? (cpuTimeMs * user) / (user + system) : cpuTimeMs
  const times = { cpuTimeMs, userTimeMs, systemTimeMs: cpuTimeMs - userTimeMs }
  if (!hasMemory) return { ...times, oomKills: 0 }
  const events = readFileSync(of('memory', 'memory.oom_control'), 'utf8')
  return {
    ...times,
    oomKills: Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0),
    peakMemoryBytes: firstNumber(of('memory', 'memory.max_usage_in_bytes')),
  }
}

/** The first number in a file of the kernel. */
const firstNumber = (path: string): number => Number.parseInt(readFileSync(path, 'utf8'), 10) || 0

function removeGroup(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
