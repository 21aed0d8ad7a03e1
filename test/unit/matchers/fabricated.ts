import { stripVTControlCharacters } from 'node:util'
import type { SandboxResult } from '../../../src/runner/result.ts'
import { brandResult } from '../../../src/runner/result-json.ts'
import '../../../src/matchers/vitest.ts'

type Fabricated = Partial<SandboxResult<string | Uint8Array>>

/** The result of a program that exited with code 0, with the differences that a test gives. */
export function fabricate(changes: Fabricated = {}): SandboxResult<string | Uint8Array> {
  return brandResult({
    status: 'exited',
    ok: true,
    exitCode: 0,
    reason: 'the program exited with code 0',
    feedback: 'Your program ended normally.',
    stdout: '',
    stderr: '',
    truncated: false,
    usage: {
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
    },
    enforcement: { walltime: 'watch', cpu: 'rlimit', memory: 'cgroup', output: 'watch' },
    attempts: 1,
    collect: Object.keys({ ...changes.files, ...changes.uncollected }),
    files: {},
    uncollected: {},
    command: './a.out',
    args: [],
    cwd: '/work',
    policy: 'strict',
    isolation: {
      level: 'full',
      files: 'root',
      network: 'namespace',
      processes: 'namespace',
      proc: 'own',
    },
    limits: {
      wallTimeMs: 2000,
      cpuTimeMs: 1000,
      memoryBytes: 67_108_864,
      outputBytes: 1_048_576,
    },
    ...changes,
  })
}

/** A program that exited with this code. */
export function exited(exitCode: number, changes: Fabricated = {}) {
  const reason = `the program exited with code ${exitCode}`
  return fabricate({ ok: exitCode === 0, exitCode, reason, ...changes })
}

/** A program that did not end by itself, so it has no exit code. */
export function killed(status: SandboxResult['status'], reason: string, changes: Fabricated = {}) {
  const { exitCode: _, ...rest } = fabricate({ status, ok: false, reason, ...changes })
  return brandResult(rest)
}

/** The message of the error that this function throws, without colours. */
export function messageOf(assertion: () => unknown): string {
  try {
    assertion()
  } catch (error) {
    return stripVTControlCharacters(error instanceof Error ? error.message : String(error))
  }
  throw new Error('Expected the assertion to fail')
}
