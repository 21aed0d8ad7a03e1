import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  type Arch,
  isSyscallName,
  syscallName,
  syscallNames,
  syscallNumber,
} from '../../../src/linux/syscalls.ts'
import { syscallGroups } from '../../../src/seccomp/rules/groups.ts'

// The directory on Debian, and on every other system.
const headers: readonly (readonly [Arch, string, string])[] = [
  ['x64', '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'],
  ['arm64', '/usr/include/asm-generic/unistd.h', '/usr/include/asm-generic/unistd.h'],
]

// Macros of the generic header that are not system calls.
const noCalls = new Set(['syscalls', 'arch_specific_syscall'])
// Calls of the generic header that only 32-bit machines have.
const only32Bit = /^(\w+_time(32|64)|\w+64|llseek|mmap2|fstatat|sync_file_range2)$/

function definitions(path: string): Map<string, number> {
  const text = readFileSync(path, 'utf8')
  // `#define __NR3264_lseek 62` names `lseek` on 64-bit machines.
  const lines = text.matchAll(/^#define\s+__NR(?:3264)?_(\w+)\s+(\d+)\b/gm)
  return new Map([...lines].map(([, name = '', number]) => [name, Number(number)]))
}

test.each(headers)('the %s table agrees with the kernel’s headers', (arch, ...places) => {
  const path = places.find((place) => existsSync(place))
  if (path === undefined) {
    console.warn(`NOT CHECKED: the ${arch} system call table, for want of ${places.join(' or ')}`)
    return
  }
  const wrong = [...definitions(path)].filter(([name, number]) => {
    if (noCalls.has(name)) return false
    const known = syscallNumber(name, arch)
    if (known === undefined && arch === 'arm64' && only32Bit.test(name)) return false
    return known !== number
  })
  expect(wrong).toEqual([])
  expect(definitions(path).size).toBeGreaterThan(300)
})

test('every call that glibc has for this machine has its number here, and a group', () => {
  if (spawnSync('gcc', ['--version']).status !== 0) {
    console.warn("NOT CHECKED: glibc's list of system calls, for want of gcc")
    return
  }
  const source = '#include <sys/syscall.h>\n'
  const macros = execFileSync('gcc', ['-E', '-dM', '-'], { input: source, encoding: 'utf8' })
  const names = [...macros.matchAll(/^#define SYS_(\w+) /gm)].map(([, name = '']) => name)
  const native = process.arch === 'arm64' ? 'arm64' : 'x64'
  const numbers = names.map((name) => {
    return [
      name,
      Number(new RegExp(`^#define __NR_${name} (\\d+)$`, 'm').exec(macros)?.[1]),
    ] as const
  })
  expect(numbers.filter(([name, number]) => syscallNumber(name, native) !== number)).toEqual([])
  const grouped = new Set(syscallGroups.flatMap(({ syscalls }) => syscalls))
  expect(names.filter((name) => !grouped.has(name))).toEqual([])
  expect(names.length).toBeGreaterThan(300)
})

test('names and numbers lead to each other', () => {
  for (const arch of ['x64', 'arm64'] as const) {
    for (const name of syscallNames(arch)) {
      expect(syscallName(syscallNumber(name, arch) ?? -1, arch)).toBe(name)
    }
  }
})

test('the machines have different numbers for old calls and the same for new ones', () => {
  expect(syscallNumber('execve', 'x64')).toBe(59)
  expect(syscallNumber('execve', 'arm64')).toBe(221)
  expect(syscallNumber('clone3', 'x64')).toBe(435)
  expect(syscallNumber('clone3', 'arm64')).toBe(435)
  expect(syscallNumber('file_setattr', 'arm64')).toBe(469)
})

test('a call that one machine lacks is known nevertheless', () => {
  expect(syscallNumber('open', 'arm64')).toBeUndefined()
  expect(isSyscallName('open')).toBe(true)
  expect(isSyscallName('waitpid')).toBe(true)
  expect(isSyscallName('toString')).toBe(false)
  expect(syscallName(400, 'x64')).toBeUndefined()
})
