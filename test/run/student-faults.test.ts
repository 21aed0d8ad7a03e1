import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../src/index.ts'
import { needs } from './policies/language.ts'

interface Fault {
  readonly fault: string
  readonly command: readonly [program: string, ...args: string[]]
  readonly options?: SandboxOptions & { encoding?: 'utf8' }
  readonly reason: string | RegExp
  /** The student's sentence. */
  readonly feedback: string | RegExp
}

const python = (code: string): Fault['command'] => ['python3', '-c', code]
const shell = (code: string): Fault['command'] => ['bash', '-c', code]
const perl = (code: string): Fault['command'] => ['perl', '-e', code]
const CRASHED = 'Your program crashed: '
const exited = (code: number) => ({
  reason: `exited with code ${code}`,
  feedback: `Your program ended with exit code ${code}; 0 means success.`,
})

const faults: readonly Fault[] = [
  {
    fault: 'a fork bomb',
    command: python('import os\nwhile True:\n  try: os.fork()\n  except OSError: pass'),
    options: { limits: { walltime: '1s', processes: 20 } },
    reason:
      /^ran longer than the walltime limit of 1 s; it had 20 processes at once, and the limit is 20$/,
    feedback:
      'Your program did not stop within 1 s. It ran 20 processes at the same time; more are not allowed.',
  },
  {
    fault: 'a fork bomb that gives up',
    command: perl('while (defined(my $pid = fork)) { sleep 1, exit unless $pid } sleep 1; exit 3'),
    options: { limits: { processes: 20 } },
    reason: 'exited with code 3; it had 20 processes at once, and the limit is 20',
    feedback:
      'Your program ended with exit code 3; 0 means success. It ran 20 processes at the same time; more are not allowed.',
  },
  {
    fault: 'threads without end',
    command: python(
      'import os, threading, time\nl = []\ntry:\n  while True:\n    l.append(threading.Thread(target=time.sleep, args=(9,), daemon=True)); l[-1].start()\nexcept RuntimeError as e:\n  import sys; print(e, file=sys.stderr, flush=True); os._exit(1)',
    ),
    options: { limits: { processes: 20 } },
    reason:
      'exited with code 1; its stderr reports "can\'t start new thread", and the limit of processes and threads is 20',
    feedback: exited(1).feedback,
  },
  {
    fault: 'files without end',
    command: python('l = []\nwhile True: l.append(open(str(len(l)), "w"))'),
    options: { limits: { openFiles: 30 } },
    reason:
      'exited with code 1; its stderr reports "Too many open files", and the limit openFiles is 30',
    feedback: exited(1).feedback,
  },
  {
    fault: 'a file without end',
    command: shell('yes | split -b 1M - part'),
    options: { limits: { disk: '8MiB' } },
    reason:
      /^exited with code 1; its stderr reports "No space left on device", and the disk limit is 8 MiB$/,
    feedback: exited(1).feedback,
  },
  {
    fault: 'output without end',
    command: shell('yes'),
    options: { limits: { output: '1MiB' } },
    reason: 'wrote more than the output limit of 1 MiB',
    feedback: 'Your program printed more than the 1 MiB that are allowed.',
  },
  {
    fault: 'one huge line',
    command: perl('print "x" x 5e6'),
    options: { limits: { output: '1MiB' } },
    reason: 'wrote more than the output limit of 1 MiB',
    feedback: 'Your program printed more than the 1 MiB that are allowed.',
  },
  {
    fault: 'a recursion without end',
    command: perl('sub f { f($_[0] + 1) + 1 } f(0)'),
    options: { limits: { memory: '64MiB' } },
    reason: /^used [\d.]+ MiB of memory; the limit is 64 MiB$/,
    feedback: /^Your program used [\d.]+ MiB of memory; 64 MiB are allowed\.$/,
  },
  { fault: 'a missing file', command: python('open("data.txt")'), ...exited(1) },
  { fault: 'a file in a read-only place', command: shell('echo x > /usr/x'), ...exited(1) },
  { fault: 'an exception', command: python('1/0'), ...exited(1) },
  { fault: 'a module that does not exist', command: python('import nosuch'), ...exited(1) },
  { fault: 'a program that does not exist', command: shell('nosuch'), ...exited(127) },
  {
    fault: 'waiting for input',
    command: shell('read line'),
    options: { stdin: 'pipe', limits: { walltime: '1s' } },
    reason:
      /^ran longer than the walltime limit of 1 s; it used [\d.]+ m?s of CPU time while its stdin was open and empty: it was probably waiting for input$/,
    feedback:
      'Your program did not stop within 1 s; it spent nearly all of that time waiting, for example for input.',
  },
  {
    fault: 'an abort',
    command: python('import os; os.abort()'),
    reason: 'killed by SIGABRT (abort)',
    feedback: `${CRASHED}it found an error and gave up, for example a failed assertion or an uncaught exception.`,
  },
  {
    fault: 'an invalid access to memory',
    command: python('import ctypes; ctypes.string_at(0)'),
    reason: 'killed by SIGSEGV (invalid memory access)',
    feedback: /^Your program crashed: it used memory that does not belong to it/,
  },
  {
    fault: 'a pipe without a reader',
    command: perl('pipe R, W; close R; syswrite W, "x"'),
    reason: 'killed by SIGPIPE',
    feedback: `${CRASHED}it wrote to a pipe that no program reads any more.`,
  },
  {
    fault: 'a timer of its own',
    command: perl('alarm 1; sleep 9'),
    reason: 'killed by SIGALRM',
    feedback: `${CRASHED}its own timer ran out.`,
  },
  {
    fault: 'a signal to itself',
    command: perl('kill 9, $$'),
    reason: 'killed by SIGKILL',
    feedback: 'Your program was stopped by the signal SIGKILL.',
  },
  {
    fault: 'a connection',
    command: shell('exec 3<>/dev/tcp/1.1.1.1/80'),
    reason: /^killed by seccomp: socket\(AF_INET, SOCK_STREAM, 6\) is not in policy "strict"/,
    feedback: 'Your program tried to open a network connection, which is not allowed here.',
  },
]

describe('the reason and the student’s sentence name a student’s fault', () => {
  test.for(faults)('$fault', { timeout: 60_000 }, async (fault, ctx) => {
    const [program, ...args] = fault.command
    needs(ctx, program)
    const run = await sandboxed(program, args, { stdin: '', ...fault.options })
    expect(run.reason).toEqual(text(fault.reason))
    expect(run.feedback).toEqual(text(fault.feedback))
  })
})

const text = (expected: string | RegExp): unknown =>
  typeof expected === 'string' ? expected : expect.stringMatching(expected)

describe('a habit that is no fault of the program passes', () => {
  test.for([
    ['zombies', perl('fork || exit for 1 .. 15; sleep 1; print "done"'), 'done'],
    [
      'a daemon that it leaves behind',
      perl('if (fork) { print "done"; exit } close STDOUT; sleep 99'),
      'done',
    ],
    [
      'closing its output',
      python('import os; print("done", end="", flush=True); os.close(1); os._exit(0)'),
      'done',
    ],
    ['deleting its own files', shell('echo x > a; rm -r /work/* ; echo -n done'), 'done'],
    ['a signal to every process', perl('kill 9, -1; print "done"'), 'done'],
  ] as const)('%s', async ([, [program, ...args], stdout], ctx) => {
    needs(ctx, program)
    const run = await sandboxed(program, args)
    expect(run).toSucceed()
    expect(run.stdout).toBe(stdout)
  })
})
