import { isSandboxError } from '../errors/sandbox-error.ts'
import { findDelegation } from '../limits/cgroup/delegation.ts'
import { makeRunGroup } from '../limits/cgroup/run-group.ts'
import type { Finding } from './finding.ts'
import { cgroupFixes } from './fixes.ts'

const WANTED = ['memory', 'pids'] as const

/** Checks whether a run can have its own cgroup v2 group with limits. */
export function checkCgroup(): Finding {
  const cgroup = { id: 'cgroup', title: 'cgroup v2' } as const
  const weaker = (why: string): Finding => ({
    ...cgroup,
    state: 'weaker',
    detail: `${why}; memory and processes are limited by resource limits and a watch`,
    fixes: cgroupFixes,
  })
  const found = findDelegation()
  if ('reason' in found) return weaker(found.reason.replace(/: start the tests.*/, ''))
  const failure = tryGroup(found)
  if (failure !== undefined) return weaker(failure)
  const missing = WANTED.filter((name) => !found.controllers.has(name))
  if (missing.length > 0) return weaker(`${found.path} has no controller ${missing.join(' and ')}`)
  return { ...cgroup, state: 'works', detail: `memory and pids are delegated to ${found.path}` }
}

// Makes a group and removes it. Returns the reason for a failure; undefined on success.
function tryGroup(found: Parameters<typeof makeRunGroup>[0]): string | undefined {
  try {
    makeRunGroup(found, {}).remove()
    return undefined
  } catch (error) {
    if (!isSandboxError(error)) throw error
    return error.message.split('\n')[0]
  }
}
