import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Returns whether a test is skipped because the host lacks a tool, and prints the reason. */
export function lacks(tool: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
  if (!found) console.warn(`SKIPPED: these tests need ${tool}, which this machine does not have`)
  return !found
}

const directories = ['/usr/local/bin', '/usr/bin', '/bin']

/** Returns whether a test is skipped because a program is missing that the sandbox shows, and prints the reason. */
export function sandboxLacks(program: string): boolean {
  const found = directories.some((directory) => existsSync(`${directory}/${program}`))
  if (!found) console.warn(`SKIPPED: these tests need ${program} in ${directories.join(' or ')}`)
  return !found
}

/** Returns whether a test is skipped because its subject never refuses root, and prints the reason. */
export function lacksOrdinaryUser(what: string): boolean {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) console.warn(`SKIPPED: root is never refused ${what}`)
  return isRoot
}

/** Returns whether a test is skipped because only root can prepare it, and prints the reason. */
export function lacksRoot(what: string): boolean {
  const isRoot = process.geteuid?.() === 0
  if (!isRoot) console.warn(`SKIPPED: only root can prepare ${what}`)
  return !isRoot
}
