import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { BASE } from '../../../src/launcher/plan/paths.ts'

/** Mounts of sandboxes that this mount namespace shows: each sandbox mounts at or below `BASE` first. */
export function sandboxMounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  // proc_pid_mountinfo(5): the fifth field is the mount point.
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

/** Launch programs that stand as files in the temporary directory, where the kernel executes none from memory. */
export const launcherFiles = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('gradebox-launcher'))
