import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { argumentBits, syscallSignature } from '../../../src/linux/calls/signatures.ts'
import * as choices from '../../../src/linux/names/choices.ts'
import * as flags from '../../../src/linux/names/flags.ts'
import { syscallNames } from '../../../src/linux/syscalls.ts'

// Compares the data about the kernel with the kernel itself and with its headers.

const EVENTS = '/sys/kernel/tracing/events/syscalls'
// The kernel's own names for these.
const kernelNames: Readonly<Record<string, string>> = {
  fstat: 'newfstat',
  lstat: 'newlstat',
  stat: 'newstat',
  uname: 'newuname',
  sendfile: 'sendfile64',
  umount2: 'umount',
}
// The arguments of this call are in no macro.
const unknownToTracing = new Set(['uprobe', 'uretprobe'])

// The arguments of a call as `type name`, from its tracepoint's format (needs root and tracefs).
function traced(name: string): readonly string[] | undefined {
  const path = `${EVENTS}/sys_enter_${kernelNames[name] ?? name}/format`
  if (!existsSync(path) || unknownToTracing.has(name)) return undefined
  const fields = [...readFileSync(path, 'utf8').matchAll(/^\tfield:([^;]+);/gm)]
  return fields.flatMap(([, field = '']) => (/ (common_|__syscall_nr)/.test(field) ? [] : [field]))
}

const isPointer = (field: string) => field.includes('*') || field.startsWith('cap_user_')

test('calls have as many arguments as in the kernel, and pointers where it has them', () => {
  if (process.arch !== 'x64' || !canRead(EVENTS)) {
    console.warn(`NOT CHECKED: the signatures of system calls, because ${EVENTS} cannot be read`)
    return
  }
  let compared = 0
  const wrong = syscallNames('x64').filter((name) => {
    const fields = traced(name)
    const signature = syscallSignature(name, 'x64')
    if (fields === undefined || signature === undefined) return false
    compared++
    return (
      fields.length !== signature.length ||
      fields.some(
        (field, index) => isPointer(field) && !/^(ptr|addr)$/.test(signature[index] ?? ''),
      )
    )
  })
  expect(wrong).toEqual([])
  expect(compared).toBeGreaterThan(300)
})

// The kernel reads 32 of a register's 64 bits for these types.
const NARROW =
  /^(const )?(unsigned int|int|unsigned(?! long)|u32|__u32|__s32|pid_t|uid_t|gid_t|rwf_t|qid_t)\b/

test('an argument of 32 bits in the kernel is compared in 32 bits', () => {
  if (process.arch !== 'x64' || !canRead(EVENTS)) {
    console.warn(`NOT CHECKED: the widths of arguments, because ${EVENTS} cannot be read`)
    return
  }
  const wrong = syscallNames('x64').filter((name) => {
    const kinds = syscallSignature(name, 'x64') ?? []
    const fields = (traced(name) ?? []).map((field) => (isPointer(field) ? '*' : field))
    return fields.some((field, index) => {
      const kind = kinds[index]
      return NARROW.test(field) && kind !== undefined && argumentBits[kind] > 32
    })
  })
  expect(wrong).toEqual([])
})

function canRead(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0
  } catch {
    return false
  }
}

// These headers conflict with each other or with the C library's own, so each line is compiled on its own.
const HEADERS: readonly (readonly string[])[] = [
  ['sys/ioctl.h', 'linux/fs.h', 'linux/kd.h', 'linux/vt.h', 'linux/loop.h', 'linux/random.h'],
  ['linux/nsfs.h', 'linux/perf_event.h', 'linux/seccomp.h', 'linux/prctl.h', 'linux/bpf.h'],
  ['linux/ptrace.h', 'asm/prctl.h', 'linux/fcntl.h', 'linux/keyctl.h', 'linux/memfd.h'],
  ['asm/mman.h', 'linux/mman.h', 'linux/futex.h', 'linux/membarrier.h', 'linux/wait.h'],
  ['sys/mount.h', 'asm-generic/resource.h', 'linux/reboot.h', 'linux/sched.h', 'linux/random.h'],
  ['sys/socket.h', 'netinet/in.h'],
  ['linux/mount.h'],
  ['linux/time.h'],
]

// Macros and enumerators alike. Constants that this machine's headers lack are left out.
function headerValues(headers: readonly string[], wanted: readonly string[]): Map<string, number> {
  const present = headers.filter(
    (header) => existsSync(`/usr/include/${header}`) || isOfMachine(header),
  )
  const include = present.map((header) => `#include <${header}>\n`).join('')
  const preprocessed = ['-D_GNU_SOURCE', '-E', '-dD', '-']
  const text = execFileSync('gcc', preprocessed, { input: include, encoding: 'utf8' })
  const defined = wanted.filter((name) =>
    new RegExp(`#define ${name}\\b|\\b${name}\\s*[=,}]`).test(text),
  )
  const prints = defined.map((name) => `printf("${name} %llu\\n", 0ULL + ${name});`)
  const source = `${include}#include <stdio.h>\nint main(void) { ${prints.join('\n')} }\n`
  const shell = 'gcc -w -D_GNU_SOURCE -x c - -o "$0" && "$0"; status=$?; rm -f "$0"; exit $status'
  const path = `/tmp/gradebox-constants-${process.pid}`
  const output = execFileSync('sh', ['-c', shell, path], { input: source, encoding: 'utf8' })
  const lines = output.trim().split('\n').filter(Boolean)
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]))
}

const isOfMachine = (header: string): boolean =>
  existsSync(`/usr/include/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/${header}`)

test('names have the values of the headers', { timeout: 30_000 }, () => {
  if (spawnSync('gcc', ['--version']).status !== 0) {
    console.warn('NOT CHECKED: the values of constants, for want of gcc')
    return
  }
  const known = new Map(
    [...Object.values(choices), ...Object.values(flags)].flatMap((names) =>
      [...names].map(([value, name]) => [name, value] as const),
    ),
  )
  const inHeaders = new Map(
    HEADERS.flatMap((headers) => [...headerValues(headers, [...known.keys()])]),
  )
  const wrong = [...inHeaders].filter(([name, value]) => {
    return Number(BigInt.asUintN(32, BigInt(value))) !== known.get(name)
  })
  expect(wrong).toEqual([])
  expect(inHeaders.size).toBeGreaterThan(400)
})
