import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kernel } from './kernel.ts'

/** The output of a virtual machine, and whether the machine reached its end. */
export interface MachineRun {
  /** The lines of JSON that it reported. */
  readonly reports: readonly object[]
  readonly console: string
  /** Whether the time limit ended the machine. */
  readonly timedOut: boolean
}

export interface BootOptions {
  /** Path of the root file system. */
  readonly image: string
  /** The directory for its console and its reports. */
  readonly directory: string
  readonly timeoutMs: number
  /** The settings that the machine tries, by their positions in the list. */
  readonly settings: readonly number[]
}

/**
 * Boots a kernel on a root file system, by software emulation, and waits until the machine resets itself. The image
 * does not change.
 */
export async function boot(
  kernel: Kernel,
  { image, directory, timeoutMs, settings }: BootOptions,
): Promise<MachineRun> {
  const [consoleLog, results] = ['console', 'results'].map((name) =>
    join(directory, `${kernel.name}-${settings[0]}.${name}`),
  ) as [string, string]
  const commandLine = [
    'root=/dev/nvme0n1 rw console=ttyS0 quiet panic=-1 init=/usr/sbin/init',
    `gradebox.settings=${settings.join(',')}`,
  ].join(' ')
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-machine', 'pc', '-cpu', 'Nehalem', '-m', '1024'],
      // The machine has one processor. With more, QEMU 7.2 sometimes executes a breakpoint that the kernel uses to
      // patch itself.
      ...['-accel', 'tcg,tb-size=512', '-smp', '1'],
      ...['-kernel', kernel.image, '-append', commandLine],
      ...['-drive', `file=${image},if=none,id=root,format=raw,snapshot=on`],
      ...['-device', 'nvme,serial=root,drive=root'],
      ...['-serial', `file:${consoleLog}`, '-serial', `file:${results}`],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], timeout: timeoutMs, killSignal: 'SIGKILL' },
  )
  const timedOut = await new Promise<boolean>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (_, signal) => settle(signal === 'SIGKILL'))
  })
  return {
    reports: parseReports(readFileSync(results, 'utf8')),
    console: readFileSync(consoleLog, 'utf8'),
    timedOut,
  }
}

// The last line may be incomplete.
const parseReports = (text: string): object[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as object]
    } catch {
      return []
    }
  })
