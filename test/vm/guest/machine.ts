import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: 'inherit' })

/** Makes the machine what a booted one is: file systems, control groups, a user. */
export function setUp(): void {
  for (const [type, path, options] of [
    ['proc', '/proc', 'nosuid,nodev,noexec'],
    ['sysfs', '/sys', 'nosuid,nodev,noexec'],
    ['tmpfs', '/tmp', 'nosuid,nodev,mode=1777'],
    ['tmpfs', '/run', 'nosuid,nodev,mode=755'],
    ['cgroup2', '/sys/fs/cgroup', 'nosuid,nodev,noexec'],
  ] as const) {
    run('mount', '-t', type, '-o', options, type, path)
  }
  mkdirSync('/dev/shm', { recursive: true })
  run('mount', '-t', 'tmpfs', '-o', 'nosuid,nodev,mode=1777', 'tmpfs', '/dev/shm')
  // What the kernel says from now on would be in between the results.
  writeFileSync('/proc/sys/kernel/printk', '1 4 1 1')
  run('mount', '--make-rshared', '/')
  run('chmod', '1777', '/var/grading')
  for (const uid of [0, 1000]) makeShared(`/var/grading/shared-by-${uid}`)
}

// An ordinary user's, also where root shares it: root's own may not be.
function makeShared(path: string): void {
  mkdirSync(path)
  writeFileSync(join(path, 'given'), 'given\n')
  for (const each of [path, join(path, 'given')]) chownSync(each, 1000, 1000)
}

/** Loads a kernel module: finit_module(2), for which glibc has no function. */
export function loadModule(path: string): void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const number = process.arch === 'arm64' ? 273 : 313
  const syscall = koffi.load(null).func('syscall', 'long', ['long', 'int', 'str', 'int'])
  if (syscall(number, openSync(path, 'r'), '', 0) !== 0) {
    throw new Error(`finit_module(${path}): errno ${koffi.errno()}`)
  }
}

/** A parameter of the kernel's command line, which hands unknown ones down to us. */
export const bootParameter = (name: string): string | undefined =>
  readFileSync('/proc/cmdline', 'utf8')
    .split(/\s+/)
    .find((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** How long the serial ports may take to send what was written to them, in milliseconds. */
const DRAIN_MS = 500

/** Ends the machine. */
export function reset(): void {
  setTimeout(() => writeFileSync('/proc/sysrq-trigger', 'b'), DRAIN_MS)
}

export const uptimeSeconds = (): number =>
  Number.parseFloat(readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '')
