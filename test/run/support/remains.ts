import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { BASE } from '../../../src/launcher/plan/paths.ts'

/** Mounts of sandboxes that this mount namespace shows. Each sandbox mounts at or below `BASE` first. */
export function sandboxMounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  // The fifth field of /proc/PID/mountinfo is the mount point (proc_pid_mountinfo(5)).
  const points = lines.map((line) => line.split(' ')[4] ?? '')
  return points.filter((point) => point === BASE || point.startsWith(`${BASE}/`))
}

/** Gives a test file a temporary directory of its own, so that it does not count the files of other processes. */
export function useOwnTemporaryDirectory(): void {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-own-'))
  vi.stubEnv('TMPDIR', directory)
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true, force: true })
  })
}

/** Launch programs that are files in the temporary directory, on a kernel that executes none from memory. */
export const launcherFiles = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('gradebox-launcher'))
