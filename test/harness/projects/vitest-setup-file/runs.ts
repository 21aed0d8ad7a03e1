/** A result as `sandboxed()` gives it, made up. */
export function fabricate(exitCode: number, stdout = '') {
  const result = {
    status: 'exited',
    ok: exitCode === 0,
    exitCode,
    reason: `the program exited with code ${exitCode}`,
    stdout,
    stderr: '',
    truncated: false,
    usage: { wallTimeMs: 12, cpuTimeMs: 8, userTimeMs: 6, systemTimeMs: 2, maxRssBytes: 1_572_864 },
    enforcement: {},
    files: {},
    uncollected: {},
    command: './a.out',
    args: [],
    policy: 'strict',
    limits: {},
  }
  return Object.defineProperty(result, Symbol.for('gradebox.SandboxResult'), { value: true })
}
