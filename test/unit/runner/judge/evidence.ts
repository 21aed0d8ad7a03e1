import type { Evidence } from '../../../../src/runner/judge/evidence.ts'

/** A wait status, as wait(2) returns it. */
export const exitStatus = (code: number): number => code << 8

export const limits = {
  wallTimeMs: 2000,
  cpuTimeMs: 1000,
  memoryBytes: 64 * 1024 * 1024,
  outputBytes: 1024 * 1024,
  fileSizeBytes: 10 * 1024 * 1024,
}

export const usage = {
  wallTimeMs: 12,
  cpuTimeMs: 8,
  userTimeMs: 6,
  systemTimeMs: 2,
  maxRssBytes: 1_572_864,
  minorPageFaults: 120,
  majorPageFaults: 0,
  voluntaryContextSwitches: 3,
  involuntaryContextSwitches: 1,
  peakMemoryBytes: 1_572_864,
  peakProcesses: 1,
}

export const denied = {
  kind: 'seccomp',
  syscall: 41,
  auditArch: 0xc000_003e,
  args: [2n, 1n, 0n, 0n, 0n, 0n],
} as const

/** The evidence of a run that exited, with the given differences. */
export const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  limits,
  policy: 'strict',
  usage,
  waitStatus: exitStatus(0),
  filter: 'listener',
  outputExceeded: undefined,
  walltimeReached: false,
  stopped: false,
  enforcement: { cpu: 'watch', memory: 'watch' },
  tampered: false,
  ...changes,
})

export const used = (changes: Partial<Evidence['usage']>): Pick<Evidence, 'usage'> => ({
  usage: { ...usage, ...changes },
})
