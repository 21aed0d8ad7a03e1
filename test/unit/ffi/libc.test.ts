import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  addSeals,
  killProcess,
  makePipe,
  memfdCreate,
  spawn,
  waitForProcess,
  waitShortly,
} from '../../../src/ffi/libc.ts'
import {
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_NONBLOCK,
  SIGKILL,
} from '../../../src/linux/constants.ts'

/** The target of each of this process's descriptors, including the event loop's own sockets and pipes. */
function openDescriptors(): string[] {
  const directory = '/proc/self/fd'
  return readdirSync(directory).flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`${directory}/${fd}`)}`]
    } catch {
      return []
    }
  })
}

let before: readonly string[]
const opened: number[] = []
const own = (...descriptors: number[]): void => void opened.push(...descriptors)

beforeEach(() => {
  // Loads the C library first, because the files that the load opens stay open.
  const { read, write } = makePipe(0)
  closeSync(read)
  closeSync(write)
  before = openDescriptors()
})

afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd)
  expect(openDescriptors()).toEqual(before)
})

function pipe(flags = 0) {
  const ends = makePipe(flags)
  own(ends.read, ends.write)
  return ends
}

/** A descriptor's flags, as open(2) has them, from /proc. */
function flagsOf(fd: number): number {
  const info = openSync(`/proc/self/fdinfo/${fd}`, 'r')
  const text = Buffer.alloc(200)
  readSync(info, text)
  closeSync(info)
  return Number.parseInt(/flags:\s*(\d+)/.exec(text.toString())?.[1] ?? '', 8)
}

const O_CLOEXEC = 0o2000000

/** Returns whether this process's children inherit a descriptor from the process that started it. */
function isInheritable(fd: number): boolean {
  return existsSync(`/proc/self/fdinfo/${fd}`) && (flagsOf(fd) & O_CLOEXEC) === 0
}

describe('a pipe', () => {
  test('has two ends above the launch program’s numbers, closed on exec', () => {
    const { read, write } = pipe()
    expect(Math.min(read, write)).toBeGreaterThanOrEqual(10)
    writeSync(write, 'through')
    const buffer = Buffer.alloc(20)
    expect(buffer.toString('latin1', 0, readSync(read, buffer))).toBe('through')
    expect(flagsOf(read) & O_CLOEXEC).toBe(O_CLOEXEC)
    expect(flagsOf(write) & O_CLOEXEC).toBe(O_CLOEXEC)
  })

  test('can block or not block, at both ends', () => {
    const [blocking, other] = [pipe(), pipe(O_NONBLOCK)]
    const bits = [blocking.read, blocking.write, other.read, other.write].map(
      (fd) => flagsOf(fd) & O_NONBLOCK,
    )
    expect(bits).toEqual([0, 0, O_NONBLOCK, O_NONBLOCK])
    expect(() => readSync(other.read, Buffer.alloc(1))).toThrow('EAGAIN')
  })
})

describe('a memfd', () => {
  function memfd(contents = 'launch'): number {
    const fd = memfdCreate('test', 0)
    own(fd)
    writeSync(fd, contents)
    return fd
  }

  test('is closed on exec and carries its name', () => {
    const fd = memfd()
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toBe('/memfd:test (deleted)')
    expect(flagsOf(fd) & O_CLOEXEC).toBe(O_CLOEXEC)
  })

  test('that is sealed cannot be written, grown, shrunk or unsealed', () => {
    const fd = memfd()
    addSeals(fd, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
    expect(() => writeSync(fd, 'X', 0)).toThrow('EPERM')
    expect(() => ftruncateSync(fd, 1)).toThrow('EPERM')
    expect(() => ftruncateSync(fd, 1000)).toThrow('EPERM')
    expect(() => addSeals(fd, F_SEAL_WRITE)).toThrow(
      `fcntl(${fd}, F_ADD_SEALS): EPERM: operation not permitted`,
    )
    const reopened = openSync(`/proc/self/fd/${fd}`, 'r+')
    own(reopened)
    expect(() => writeSync(reopened, 'X', 0)).toThrow('EPERM')
    const buffer = Buffer.alloc(20)
    expect(buffer.toString('latin1', 0, readSync(fd, buffer, 0, 20, 0))).toBe('launch')
    expect(fstatSync(fd).size).toBe(6)
  })

  test('that is not sealed can be changed', () => {
    const fd = memfd()
    writeSync(fd, 'X', 0)
    ftruncateSync(fd, 1)
    expect(fstatSync(fd).size).toBe(1)
  })

  test('with a flag that no kernel knows is refused', () => {
    expect(() => memfdCreate('test', 0x8000)).toThrowErrorMatchingInlineSnapshot(
      `[ErrnoError: memfd_create("test"): EINVAL: invalid argument]`,
    )
  })

  test('is the only kind of descriptor that can be sealed', () => {
    const { write } = pipe()
    expect(() => addSeals(write, F_SEAL_WRITE)).toThrow(
      `fcntl(${write}, F_ADD_SEALS): EINVAL: invalid argument`,
    )
  })
})

/** Runs /bin/sh on a script that it reads from descriptor 0, to its end. */
function runScript(script: string, more: readonly number[] = []) {
  const [input, output, errors] = [pipe(), pipe(), pipe()]
  writeSync(input.write, script)
  closeSync(input.write)
  opened.splice(opened.indexOf(input.write), 1)
  const pid = spawn('/bin/sh', [input.read, output.write, errors.write, ...more])
  const { status } = waitForProcess(pid)
  const text = (fd: number, write: number): string => {
    writeSync(write, '\0')
    const buffer = Buffer.alloc(65536)
    return buffer.toString('utf8', 0, readSync(fd, buffer) - 1)
  }
  return {
    status,
    stdout: text(output.read, output.write),
    stderr: text(errors.read, errors.write),
  }
}

describe('a program that is spawned', () => {
  test('exits with a code, or is killed by a signal', () => {
    expect(runScript('exit 7')).toEqual({ status: 7 << 8, stdout: '', stderr: '' })
    expect(runScript('kill -KILL $$').status).toBe(SIGKILL)
  })

  test('has the descriptors that the caller gives it, at their numbers, and no other', () => {
    const third = pipe()
    writeSync(third.write, 'from three\n')
    const script = 'read line <&3; echo "$line"; echo err >&2; ls /proc/self/fd'
    const { stdout, stderr } = runScript(script, [third.read])
    expect(stderr).toBe('err\n')
    const [line, ...listed] = stdout.trimEnd().split('\n')
    expect(line).toBe('from three')
    // ls opens the directory itself, at the lowest free number.
    const given = ['0', '1', '2', '3', '4']
    const leaked = listed.filter((fd) => !given.includes(fd) && !isInheritable(Number(fd)))
    expect(listed).toEqual(expect.arrayContaining(given))
    expect(leaked).toEqual([])
  })

  test('has no environment except the variables that a shell sets', () => {
    const { stdout } = runScript("tr '\\0' '\\n' < /proc/$$/environ")
    expect(stdout).toBe('')
  })

  test('starts with every signal blocked and none ignored', () => {
    const { read, write } = pipe()
    const pid = spawn('/bin/cat', [read, write, write])
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    killProcess(pid, SIGKILL)
    waitForProcess(pid)
    const mask = (name: string): bigint =>
      BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1]}`)
    const bit = (signal: number): bigint => 1n << BigInt(signal - 1)
    // SIGKILL and SIGSTOP cannot be blocked, and a C library may exempt two signals of its own.
    const excepted = [9, 19, 32, 33].reduce((bits, signal) => bits | bit(signal), 0n)
    expect(mask('SigIgn')).toBe(0n)
    expect(mask('SigBlk') | excepted).toBe(2n ** 64n - 1n)
  })

  test('is waited for only for the given time, and its usage is returned', () => {
    const { read, write } = pipe()
    const pid = spawn('/bin/cat', [read, write, write])
    expect(waitShortly(pid, 0)).toBeUndefined()
    const start = performance.now()
    expect(waitShortly(pid, 20)).toBeUndefined()
    expect(performance.now() - start).toBeGreaterThan(10)
    killProcess(pid, SIGKILL)
    const ended = waitShortly(pid, 10_000)
    expect(ended?.status).toBe(SIGKILL)
    // ru_maxrss, the fifth long, in KiB.
    const rusage = new BigInt64Array(ended?.rusage.slice().buffer ?? new ArrayBuffer(0))
    expect(Number(rusage[4])).toBeGreaterThan(100)
    expect(() => waitShortly(pid, 0)).toThrow(`wait4(${pid}): ECHILD`)
  })

  test('can be killed while it runs', () => {
    const { read, write } = pipe()
    const pid = spawn('/bin/cat', [read, write, write])
    killProcess(pid, 0)
    killProcess(pid, SIGKILL)
    expect(waitForProcess(pid).status).toBe(SIGKILL)
    expect(() => waitForProcess(pid)).toThrow(`wait4(${pid}): ECHILD`)
    expect(() => killProcess(pid, 0)).toThrow(`kill(${pid}, 0): ESRCH: no such process`)
  })

  test('must exist and be executable', () => {
    expect(() => spawn('/nonexistent', [])).toThrowErrorMatchingInlineSnapshot(
      `[ErrnoError: posix_spawn("/nonexistent"): ENOENT: no such file or directory]`,
    )
    expect(() => spawn('/etc/passwd', [])).toThrowErrorMatchingInlineSnapshot(
      `[ErrnoError: posix_spawn("/etc/passwd"): EACCES: permission denied]`,
    )
  })

  test('needs descriptors that are open', () => {
    expect(() => spawn('/bin/true', [99_999])).toThrowErrorMatchingInlineSnapshot(
      `[ErrnoError: posix_spawn_file_actions_adddup2(99999, 0): EBADF: bad file descriptor]`,
    )
  })
})

describe('a pid', () => {
  test.each([0, 1, -1, -4321, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32 - 1])(
    'that means several processes, or none, is refused: %d',
    (pid) => {
      const message = `Expected a pid above 1, got ${pid}`
      expect(() => killProcess(pid, 0)).toThrow(new RangeError(message))
      expect(() => waitForProcess(pid)).toThrow(new RangeError(message))
    },
  )

  test('that is the highest of all is valid, and belongs to no process', () => {
    const highest = 2 ** 31 - 1
    expect(() => killProcess(highest, 0)).toThrow(`kill(${highest}, 0): ESRCH: no such process`)
    expect(() => waitForProcess(highest)).toThrow(`wait4(${highest}): ECHILD: no child processes`)
  })
})
