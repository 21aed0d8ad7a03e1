// @ts-check
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** The machine of the figures. */
export function describeMachine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    kernel: release(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    user: process.getuid?.() === 0 ? 'root' : 'an ordinary user',
    // The load of the machine: these figures need a load near 0 at the start.
    loadBefore: loadavg()[0] ?? Number.NaN,
    tools: Object.fromEntries(['bwrap', 'firejail', 'crun'].map((tool) => [tool, versionOf(tool)])),
  }
}

/** @type {(tool: string) => string | null} */
function versionOf(tool) {
  const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/[\d.]+/.exec(stdout)?.[0] ?? 'unknown') : null
}

/**
 * The processor time of this process and of all reaped children so far, in ms. It lacks the kernel's own
 * work, such as taking network namespaces apart.
 */
export function cpuTimeMs() {
  const { user, system } = process.cpuUsage()
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // proc_pid_stat(5): cutime and cstime, in ticks of 10 ms.
  return (user + system) / 1000 + (Number(fields[13]) + Number(fields[14])) * 10
}
