/**
 * What languages write to stderr when an allocation fails. A heap of the language's own, or a limit that the program set
 * for itself, leaves no other trace. Each pattern matches fixed words and digits only, so a match is safe to print.
 */
const MESSAGES: readonly RegExp[] = [
  // Java, Kotlin. A program that throws the error itself gives no detail, or another.
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

/** A traceback of Python whose last line of source does not raise the error itself. */
const PYTHON = /^ {4}(?!\s*raise\b)\S.*\n(?:[ ~^]+\n)?MemoryError$/m

/** The length of the parts of stderr that are searched: its start and its end. */
const SEARCHED = 64 * 1024

/** The words with which a program reported a failed allocation on stderr, if it did. */
export function memoryMessage(stderr: Uint8Array): string | undefined {
  const middle = Math.max(SEARCHED, stderr.length - SEARCHED)
  const parts = [stderr.subarray(0, SEARCHED), stderr.subarray(middle)]
  const text = parts.map((part) => Buffer.from(part).toString('latin1')).join('')
  if (PYTHON.test(text)) return 'MemoryError'
  return MESSAGES.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined)
}
