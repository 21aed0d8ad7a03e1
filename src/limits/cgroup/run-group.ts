import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INIT_PROCESSES, type Limits } from '../table.ts'
import type { Controller, Delegation } from './delegation.ts'
import type { GroupUsage, RunGroup } from './group.ts'
import { groupError, groupName } from './group-names.ts'
import { makeV1Group } from './v1.ts'

/**
 * Makes a group for one run, with the limits that the delegation's controllers can enforce.
 *
 * @throws {SandboxError} LIMIT_UNAVAILABLE with the file that Gradebox could not write
 */
export function makeRunGroup(delegation: Delegation, limits: Limits): RunGroup {
  if (delegation.version === 1) return makeV1Group(delegation, limits)
  const { path, controllers } = delegation
  const own = join(path, groupName())
  const set = (file: string, value: number | string) => writeFileSync(join(own, file), `${value}`)
  try {
    mkdirSync(own)
    for (const [file, value] of settings(limits, controllers)) set(file, value)
    if (controllers.has('memory')) withoutSwap(own)
  } catch (cause) {
    remove(own)
    throw groupError(cause as NodeJS.ErrnoException, own)
  }
  return {
    path: own,
    usage: () => usageOf(own),
    cpuFile: join(own, 'cpu.stat'),
    allowMemory: (bytes) => {
      const { memoryBytes } = limits
      if (memoryBytes === undefined || bytes === 0 || !controllers.has('memory')) return
      set('memory.max', memoryBytes + bytes)
    },
    remove: () => remove(own),
  }
}

function settings(limits: Limits, controllers: ReadonlySet<Controller>): [string, number][] {
  const { memoryBytes, processes } = limits
  const list: [string, number][] = []
  if (memoryBytes !== undefined && controllers.has('memory')) list.push(['memory.max', memoryBytes])
  if (processes !== undefined && controllers.has('pids')) {
    list.push(['pids.max', processes + INIT_PROCESSES])
  }
  return list
}

// A kernel without swap accounting has no such file.
function withoutSwap(path: string): void {
  try {
    writeFileSync(join(path, 'memory.swap.max'), '0')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function cpuTimesOf(path: string) {
  const cpu = table(read(path, 'cpu.stat'))
  return {
    cpuTimeMs: (cpu.usage_usec ?? 0) / 1000,
    userTimeMs: (cpu.user_usec ?? 0) / 1000,
    systemTimeMs: (cpu.system_usec ?? 0) / 1000,
  }
}

function usageOf(path: string): GroupUsage {
  const events = table(read(path, 'memory.events'))
  const pressure = /^some .*total=(\d+)/m.exec(read(path, 'cpu.pressure'))?.[1]
  return {
    ...cpuTimesOf(path),
    oomKills: events.oom_kill ?? 0,
    ...number('peakMemoryBytes', read(path, 'memory.peak')),
    ...number('peakProcesses', read(path, 'pids.peak')),
    ...(pressure === undefined ? {} : { waitTimeMs: Number(pressure) / 1000 }),
  }
}

// The set of files depends on the kernel and on the controllers.
function read(path: string, file: string): string {
  try {
    return readFileSync(join(path, file), 'utf8')
  } catch {
    return ''
  }
}

/** A flat-keyed file: `KEY VALUE` lines. */
const table = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, key, value]) => [key, +(value ?? 0)]),
  )

const number = (name: string, text: string) =>
  /^\d+\s*$/.test(text) ? { [name]: Number(text) } : {}

function remove(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    // The group never existed, or the group's keeper has removed the group.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
