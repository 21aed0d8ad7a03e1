/** A limit that a program reached, in the program's own words. */
export interface ReportedLimit {
  readonly limit: 'memory' | 'disk' | 'openFiles' | 'processes'
  /** The fixed words of the message, without any text that the program can choose. */
  readonly message: string
}

/*
 * The messages of languages and of the C library about a resource that they did not get. Often such a message is the
 * only trace, because the language has its own heap, which is full, or because the program handled the kernel's error.
 * Each pattern matches fixed words and digits only, so a match is safe to print.
 */

const MEMORY: readonly RegExp[] = [
  // Java, Kotlin. A program that throws the error itself gives no detail, or another detail.
  /java\.lang\.OutOfMemoryError: (?:Java heap space|GC overhead limit exceeded|Metaspace|Compressed class space|Requested array size exceeds VM limit|Direct buffer memory|Cannot reserve \d{1,20} bytes of direct buffer memory)/,
  // Node.
  /JavaScript heap out of memory/,
  /ERR_WORKER_OUT_OF_MEMORY/,
  /RangeError: Array buffer allocation failed/,
  // Go.
  /fatal error: (?:runtime: (?:out of memory|cannot allocate memory)|failed to reserve page summary memory)/,
  // C++, Rust, C#, Pascal, OCaml, Haskell, Common Lisp.
  /terminate called after throwing an instance of 'std::bad_alloc'/,
  /memory allocation of \d{1,20} bytes failed/,
  /System\.OutOfMemoryException/,
  /Runtime error 203\b/,
  /Fatal error: (?:exception Out_of_memory|out of memory)/,
  /Heap exhausted/,
  // Ruby, PHP, Perl, R, Lua, bash.
  /failed to allocate memory \(NoMemoryError\)/,
  /Allowed memory size of \d{1,20} bytes exhausted/,
  /Out of memory(?:!| in perl:)/,
  /cannot allocate vector of size \d{1,20}(?:\.\d)? [KMGT]b/,
  /lua[\d.]{0,9}: not enough memory/,
  /x(?:m|re)alloc: cannot allocate \d{1,20} bytes/,
  // gcc and GNU tools.
  /out of memory allocating \d{1,20} bytes/,
  /(?:virtual )?memory exhausted/,
  // strerror(ENOMEM), which perror(3) writes.
  /Cannot allocate memory/,
]

// EAGAIN also means that a descriptor is not ready, so the words must name a process or a thread.
const PROCESSES: readonly RegExp[] = [
  /can't start new thread/,
  /unable to create native thread/,
  /runtime: failed to create new OS thread/,
  /can't create Thread: Resource temporarily unavailable/,
  /Cannot fork/,
  /fork[^\n]{0,80}: Resource temporarily unavailable/,
  /os\.fork\(\)\n[\s\S]{0,80}Resource temporarily unavailable/,
  /pthread_create failed[^\n]{0,80}Resource temporarily unavailable/,
]

const limits: readonly (readonly [ReportedLimit['limit'], readonly RegExp[]])[] = [
  ['memory', MEMORY],
  ['disk', [/No space left on device/]],
  ['openFiles', [/Too many open files/, /EMFILE/]],
  ['processes', PROCESSES],
]

/** A traceback of Python whose last line of source does not raise the error itself. */
const PYTHON = /^ {4}(?!\s*(?:raise\b|[~^]))\S.*\n(?:[ ~^]+\n)?MemoryError$/m

/** The fixed end of some messages. The program can choose words before this end, so the result shows only the end. */
const FIXED_PART = 'Resource temporarily unavailable'

/** The length of each part of stderr that this module searches: the start and the end. */
const SEARCHED = 64 * 1024

/** The limit that a program reported on stderr; undefined if the program reported no limit. */
export function reportedLimit(stderr: Uint8Array): ReportedLimit | undefined {
  const middle = Math.max(SEARCHED, stderr.length - SEARCHED)
  const parts = [stderr.subarray(0, SEARCHED), stderr.subarray(middle)]
  const text = parts.map((part) => Buffer.from(part).toString('latin1')).join('')
  if (PYTHON.test(text)) return { limit: 'memory', message: 'MemoryError' }
  for (const [limit, patterns] of limits) {
    const found = patterns.map((pattern) => pattern.exec(text)?.[0]).find((words) => words)
    if (found !== undefined) {
      return { limit, message: found.endsWith(FIXED_PART) ? FIXED_PART : found }
    }
  }
  return undefined
}
