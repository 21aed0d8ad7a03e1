// @ts-check
// Measures the cost of a system call under a filter: a loop of getpid in sandboxes without a filter, with a filter of
// one rule, and with strict. Usage: npm run bench:seccomp [-- ROUNDS]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sandboxed } from 'gradebox'

const CALLS = 2_000_000
const rounds = Number(process.argv[2] ?? 15)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`Expected rounds, got ${rounds}`)

const SOURCE = `
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < ${CALLS}; i++) syscall(CALL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%f\\n", (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec));
  return 0;
}
`

// One call that strict allows for all arguments, and one whose arguments strict checks in registers.
const CALL = { getpid: 'SYS_getpid', 'ioctl (by its arguments)': 'SYS_ioctl, -1, 0, 0' }

/** @type {(call: string) => Uint8Array} */
function compile(call) {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
  try {
    writeFileSync(join(directory, 'loop.c'), SOURCE.replace('CALL)', `${call})`))
    execFileSync('gcc', ['-O2', '-o', 'loop', 'loop.c'], { cwd: directory })
    return readFileSync(join(directory, 'loop'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const everyCall = { default: 'allow', rules: [] }
const oneRule = { default: 'allow', rules: [{ action: 'kill', syscalls: ['ptrace'] }] }
const mounts = ['/usr', '/bin', '/lib', '/lib64'].map((path) => ({
  source: path,
  target: path,
  optional: true,
}))

/** @type {Record<string, string | object>} */
const policies = {
  'no filter': { mounts },
  'a filter without rules': { mounts, seccomp: everyCall },
  'a filter of one rule': { mounts, seccomp: oneRule },
  strict: 'strict',
}

for (const [name, call] of Object.entries(CALL)) {
  const loop = compile(call)
  /** @type {Map<string, number[]>} */
  const times = new Map(Object.keys(policies).map((policy) => [policy, []]))
  for (let round = -1; round < rounds; round++) {
    // The policies take turns, so that a slow phase of the machine affects all of them.
    for (const [label, policy] of Object.entries(policies)) {
      const run = await sandboxed('/tmp/loop', [], {
        policy,
        files: { '/tmp/loop': loop },
        limits: { walltime: '60s', cpu: '60s' },
      })
      if (!run.ok) throw new Error(`${label}: ${run.reason}`)
      if (round >= 0) times.get(label)?.push(Number(run.stdout) / CALLS)
    }
  }
  report(name, times)
}

/** @type {(name: string, times: Map<string, number[]>) => void} */
function report(name, times) {
  // The least disturbed run, because other work on the machine only adds time.
  /** @type {(label: string) => number} */
  const least = (label) => Math.min(...(times.get(label) ?? []))
  console.log(`${name}, ${CALLS} calls in a loop, the fastest of ${rounds} runs\n`)
  console.log(`${''.padEnd(26)}  ns a call  x no filter`)
  for (const label of times.keys()) {
    const ratio = (least(label) / least('no filter')).toFixed(2)
    console.log(`${label.padEnd(26)}${least(label).toFixed(1).padStart(11)}${ratio.padStart(13)}`)
  }
  console.log()
}
