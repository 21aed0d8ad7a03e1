import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: 'inherit' })

/** Sets up the machine like a booted one: file systems, control groups, a user. */
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
  // Messages of the kernel from now on would mix with the results.
  writeFileSync('/proc/sys/kernel/printk', '1 4 1 1')
  run('mount', '--make-rshared', '/')
  run('chmod', '1777', '/var/grading')
  for (const uid of [0, 1000]) makeShared(`/var/grading/shared-by-${uid}`)
}

// The directory belongs to an ordinary user, also where root shares it, because root may not share its own.
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

/** A parameter of the kernel's command line. The kernel passes unknown parameters on to pid 1. */
export const bootParameter = (name: string): string | undefined =>
  readFileSync('/proc/cmdline', 'utf8')
    .split(/\s+/)
    .find((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** The time for the serial ports to send their output, in milliseconds. */
const DRAIN_MS = 500

/** Ends the machine. */
export function reset(): void {
  setTimeout(() => writeFileSync('/proc/sysrq-trigger', 'b'), DRAIN_MS)
}

export const uptimeSeconds = (): number =>
  Number.parseFloat(readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '')
