import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from './environment.ts'
import type { Finding } from './finding.ts'
import { cgroupFixes } from './fixes.ts'

const NEEDED = ['memory', 'pids'] as const

/** cgroup v2: whether a group of our own can be made below this process's. */
export function checkCgroup(): Finding {
  const cgroup = { id: 'cgroup', title: 'cgroup v2' } as const
  const without = 'memory and processes are limited by resource limits, process by process'
  const weaker = (why: string): Finding => ({
    ...cgroup,
    state: 'weaker',
    detail: `${why}: ${without}`,
    fixes: cgroupFixes,
  })
  const own = ownGroup(readText('/proc/self/mountinfo'), readText('/proc/self/cgroup'))
  if (own === undefined) return weaker('it is not mounted')
  const controllers = readText(join(own, 'cgroup.controllers')).split(/\s+/).filter(Boolean)
  const missing = NEEDED.filter((name) => !controllers.includes(name))
  const failure = tryGroup(join(own, `gradebox-doctor-${process.pid}`))
  if (failure !== undefined) return weaker(`no group can be made in ${own} (${failure})`)
  if (missing.length > 0) return weaker(`${own} has no controller ${missing.join(' and ')}`)
  return { ...cgroup, state: 'works', detail: `${own} has ${controllers.join(', ')}` }
}

/** The directory of this process's group; undefined where cgroup v2 is not mounted. */
export function ownGroup(mountinfo: string, groups: string): string | undefined {
  const path = /^0::(.*)$/m.exec(groups)?.[1]
  const mount = mountinfo
    .split('\n')
    .map((line) => line.split(' '))
    .find((fields) => fields[fields.indexOf('-') + 1] === 'cgroup2')
  const [root, point] = [mount?.[3], mount?.[4]]
  if (path === undefined || root === undefined || point === undefined) return undefined
  return join(point, path.startsWith(root) ? path.slice(root.length) : path)
}

// An error's code, when the group cannot be made.
function tryGroup(path: string): string | undefined {
  try {
    mkdirSync(path)
    rmdirSync(path)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO'
  }
}
