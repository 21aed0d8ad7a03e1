import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether a test must be skipped for want of a tool on the host; says so. */
export function lacks(tool: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
  if (!found) console.warn(`SKIPPED: these tests need ${tool}, which this machine does not have`)
  return !found
}

const directories = ['/usr/local/bin', '/usr/bin', '/bin']

/** Whether a test must be skipped for want of a program that the sandbox shows; says so. */
export function sandboxLacks(program: string): boolean {
  const found = directories.some((directory) => existsSync(`${directory}/${program}`))
  if (!found) console.warn(`SKIPPED: these tests need ${program} in ${directories.join(' or ')}`)
  return !found
}

/** Whether a test must be skipped because root is never refused what it is about; says so. */
export function lacksOrdinaryUser(what: string): boolean {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) console.warn(`SKIPPED: root is never refused ${what}`)
  return isRoot
}

/** Whether a test must be skipped because only root can prepare it; says so. */
export function lacksRoot(what: string): boolean {
  const isRoot = process.geteuid?.() === 0
  if (!isRoot) console.warn(`SKIPPED: only root can prepare ${what}`)
  return !isRoot
}
