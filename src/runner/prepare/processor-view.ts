import { readFileSync } from 'node:fs'
import { isBelow } from '../../launcher/plan/host.ts'
import type { ProcessorView } from '../../launcher/plan/processor-steps.ts'
import type { Policy } from '../../policy/policy.ts'

const DIRECTORY = '/sys/devices/system/cpu'

/** Returns the view of the machine's processors in a sandbox whose program may use `count` processors. */
export function processorView({ proc, mounts, files }: Policy, count: number): ProcessorView {
  const targets = [...mounts, ...files].map(({ target }) => target)
  const has = (path: string) =>
    targets.some((each) => each === path || isBelow(each, path) || isBelow(path, each))
  const isOwnProc = proc === 'full' && !targets.includes('/proc')
  return { count, sys: !has(DIRECTORY), proc: isOwnProc ? procFiles(count) : {} }
}

/**
 * This machine's /proc/cpuinfo and /proc/stat. Gradebox reads both files only once, because reading /proc/cpuinfo takes
 * a millisecond on a large machine.
 */
let machine: { readonly cpuinfo: string; readonly stat: string } | undefined

function procFiles(count: number): Record<string, string> {
  machine ??= { cpuinfo: contentsOf('/proc/cpuinfo'), stat: contentsOf('/proc/stat') }
  const cpuinfo = firstProcessors(machine.cpuinfo, count)
  const stat = idleStat(machine.stat, count)
  return { ...(cpuinfo === '' ? {} : { cpuinfo }), ...(stat === '' ? {} : { stat }) }
}

// Some containers hide these files. The sandbox then has no file to cover.
function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Returns the text of /proc/cpuinfo with `count` processors, numbered from 0. A blank line in the file separates two
 * processors. On arm64, the file also has lines about the machine.
 */
export function firstProcessors(cpuinfo: string, count: number): string {
  const blocks = cpuinfo.split(/\n\n+/).filter((block) => block.trim() !== '')
  const isProcessor = (block: string) => /^processor\s*:/.test(block)
  const shown = blocks
    .filter(isProcessor)
    .slice(0, count)
    .map((block, index) => block.replace(/^(processor\s*: )\d+/, `$1${index}`))
  if (shown.length === 0) return ''
  return [...shown, ...blocks.filter((block) => !isProcessor(block))]
    .map((block) => `${block.trimEnd()}\n\n`)
    .join('')
}

/**
 * Returns the text of /proc/stat (proc_stat(5)) of a machine that has been idle since its start. The real figures would
 * be about other programs. Programs need each line: ps(1), for example, fails without `btime`.
 */
export function idleStat(stat: string, count: number): string {
  const boot = /^btime \d+$/m.exec(stat)?.[0]
  if (boot === undefined) return ''
  const names = ['cpu ', ...Array.from({ length: count }, (_, index) => `cpu${index}`)]
  return [
    ...names.map((name) => `${name} 0 0 0 0 0 0 0 0 0 0`),
    'intr 0',
    'ctxt 0',
    boot,
    'processes 0',
    'procs_running 1',
    'procs_blocked 0',
    'softirq 0 0 0 0 0 0 0 0 0 0 0',
    '',
  ].join('\n')
}
