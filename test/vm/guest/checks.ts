import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSandbox, type SandboxOptions, type SandboxResult } from 'gradebox'
import type { Feature } from '../settings/features.ts'

/** The directory for working directories, in a file system on disk, as on a grader. */
export const SCRATCH = '/var/grading'

/** Runs a program. An emulated machine is slow, so the walltime is long. */
const sandboxed = createSandbox({ limits: { walltime: '200s' } })

/** A promise that is not kept. */
class Wrong extends Error {}

function must(holds: boolean, run: SandboxResult, detail = ''): void {
  if (holds) return
  const { status, exitCode, signal, reason, stdout, stderr } = run
  const seen = { detail, status, exitCode, signal, reason, stdout, stderr }
  throw new Wrong(JSON.stringify(seen).slice(0, 2000))
}

const shell = (script: string, options: SandboxOptions = {}): Promise<SandboxResult> =>
  sandboxed('/bin/sh', ['-c', script], options)

/** Attempts of fixtures/programs/escape.c; none needs the filter to fail. */
const attempts = [
  ...['unshare-user', 'clone-user', 'clone3-user', 'unshare-mount', 'setns-init', 'mount-tmpfs'],
  ...['remount-rw', 'umount', 'mount-setattr', 'chroot', 'mknod', 'chown', 'setuid', 'capset'],
]
const NONE = '0000000000000000'
const privileges = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']
  .map((set) => `${set}:${NONE}`)
  .concat('NoNewPrivs:1')
const script = `
escape ${attempts.join(' ')}
while read name rest; do echo $name$rest; done < /proc/self/status
(: > /usr/planted) 2>&1
(echo x > /proc/sys/kernel/core_pattern) 2>&1
(: < /proc/1/environ) 2>&1
ls /
cat /proc/sys/user/max_user_namespaces
`

async function confinement(): Promise<string> {
  const run = await shell(script, { policy: 'kiss' })
  const lines = run.stdout.split('\n')
  must(lines.filter((line) => line.startsWith('refused: ')).length === attempts.length, run)
  for (const line of privileges) must(lines.includes(line), run, line)
  must(/planted: Read-only/.test(run.stdout), run, 'a file in /usr')
  must(/core_pattern: (Permission denied|Read-only)/.test(run.stdout), run, 'core_pattern')
  must(/1\/environ: Permission denied/.test(run.stdout), run, 'the init')
  must(!/^(root|var|gradebox|sys)$/m.test(run.stdout), run, 'the host is seen')
  must(run.stdout.endsWith('\n0\n'), run, 'user namespaces')
  return 'works'
}

async function filter(): Promise<string> {
  const run = await sandboxed('call', ['socket', 'AF_INET'])
  must(run.status === 'seccomp', run)
  if (run.syscall === undefined) return 'works, but the call is not named'
  must(run.syscall.name === 'socket', run, run.syscall.name)
  must(run.reason.includes('socket(AF_INET, '), run)
  return 'works'
}

const heldBy = (run: SandboxResult, limit: 'cpu' | 'memory' | 'processes'): string =>
  `works, held by ${run.enforcement[limit]}`

async function walltime(): Promise<string> {
  const run = await sandboxed('/bin/sleep', ['60'], { limits: { walltime: '300ms' } })
  must(run.status === 'walltime' && run.usage.wallTimeMs >= 300, run, `${run.usage.wallTimeMs} ms`)
  return 'works'
}

async function cpu(): Promise<string> {
  const run = await sandboxed('burn-cpu', ['self', '60000'], {
    limits: { cpu: '1s' },
  })
  must(run.status === 'cpu' && run.usage.cpuTimeMs > 900, run, `${run.usage.cpuTimeMs} ms`)
  return heldBy(run, 'cpu')
}

// The processes reach the limit together, and none reaches it alone.
async function memory(): Promise<string> {
  const run = await sandboxed('use-memory', ['16', '4'], {
    limits: { memory: '40MiB' },
  })
  must(run.status === 'memory', run)
  return heldBy(run, 'memory')
}

async function processes(): Promise<string> {
  const run = await sandboxed('multiply', ['process', '50'], { limits: { processes: 8 } })
  const more = Number.parseInt(run.stdout, 10)
  must(run.ok && more < 8, run)
  // Before Linux 5.14 the user's processes outside count too, and the runner alone has more threads than the limit.
  return more === 0
    ? `${heldBy(run, 'processes')}, for the user on the whole machine`
    : heldBy(run, 'processes')
}

async function disk(): Promise<string> {
  const run = await shell('head -c 9000000 /dev/zero > /work/large', {
    limits: { disk: '1MiB' },
  })
  must(/No space left on device/.test(run.stderr), run)
  return 'works'
}

async function network(): Promise<string> {
  const run = await shell('cat /proc/net/dev', { policy: 'kiss' })
  const interfaces = [...run.stdout.matchAll(/^ *(\S+):/gm)].map(([, name]) => name)
  must(interfaces.join() === 'lo', run)
  return 'works'
}

/** Makes a directory with one file in it that only the user of these checks may read. */
function makeWorkdir(): string {
  const path = mkdtempSync(join(SCRATCH, 'submission-'))
  writeFileSync(join(path, 'given'), 'given\n', { mode: 0o600 })
  return path
}

async function copyOnWrite(): Promise<string> {
  const workdir = makeWorkdir()
  const run = await shell(
    'cat given && echo changed > given && echo new > made && cat given made',
    {
      workdir,
    },
  )
  must(run.stdout === 'given\nchanged\nnew\n', run)
  must(readFileSync(join(workdir, 'given'), 'utf8') === 'given\n', run, 'the host was changed')
  must(statSync(join(workdir, 'made'), { throwIfNoEntry: false }) === undefined, run, 'a host file')
  return 'works'
}

async function readWrite(): Promise<string> {
  const source = join(SCRATCH, `shared-by-${process.getuid?.()}`)
  const name = `made-${randomUUID()}`
  const path = join(source, name)
  const { uid } = statSync(source)
  const workdir = { source, mode: 'read-write' } as const
  const run = await shell(`cat given && echo new > ${name}`, { workdir })
  must(run.stdout === 'given\n' && run.ok, run)
  must(readFileSync(path, 'utf8') === 'new\n', run, 'the host was not changed')
  must(statSync(path).uid === uid, run, `made by ${statSync(path).uid}`)
  return 'works'
}

async function collect(): Promise<string> {
  const run = await shell('echo out > out; ln -s /etc/passwd link', { collect: ['out', 'link'] })
  must(Buffer.from(run.files.out ?? '').toString() === 'out\n', run)
  must(run.files.link === undefined && run.uncollected.link !== undefined, run)
  return 'works'
}

// The checks load the command's own module into this process, because a Node of its own takes seconds here.
const DOCTOR = '/gradebox/dist/doctor/doctor.js'

/** The part of `gradebox doctor --json` that the checks read. */
interface Diagnosis {
  readonly ok: boolean
  readonly findings: readonly {
    readonly id: string
    readonly state: string
    readonly fixes?: { readonly machine?: string }
  }[]
}

/** Whether a finding belongs to the feature `levels`. */
const isOfLevels = (id: string): boolean => id === 'landlock' || id.startsWith('isolation-')

let diagnosis: Promise<Diagnosis> | undefined

/** Doctor's findings. Two features read them, and doctor takes most of a setting's time. */
async function diagnose(): Promise<Diagnosis> {
  const { diagnose } = (await import(DOCTOR)) as { diagnose: () => Promise<Diagnosis> }
  diagnosis ??= diagnose()
  return diagnosis
}

/** The levels of isolation at which a program ran. */
async function levels(): Promise<string> {
  const { findings } = await diagnose()
  const tried = findings.filter(({ id }) => id.startsWith('isolation-'))
  const names = tried
    .filter(({ state }) => state === 'works')
    .map(({ id }) => id.replace('isolation-', ''))
  if (names.length === 0) return 'none works'
  return names.length === 3 ? 'works' : `works at ${names.join(' and ')} only`
}

/** The findings of doctor that fail or are weaker, and what fixes each on a machine. */
async function doctor(): Promise<string> {
  const { ok, findings } = await diagnose()
  const trouble = findings.filter(
    ({ id, state }) => !isOfLevels(id) && (state === 'weaker' || state === 'fails'),
  )
  const found = trouble.map(({ id, state }) => `, ${id} ${state}`).join('')
  const mended = trouble.map(({ id, fixes }) => `; ${id}: ${fixes?.machine ?? 'no fix'}`).join('')
  return `finds strict ${ok ? 'enforceable' : 'not enforceable'}${found}${mended}`
}

async function start(): Promise<string> {
  const run = await shell('echo $0 $HOME; pwd', { policy: 'kiss' })
  must(run.ok && run.stdout.endsWith('/work\n'), run)
  return 'works'
}

/** The check for each feature; each returns its outcome in words, or throws. */
export const checks: Readonly<Record<Feature, () => Promise<string>>> = {
  start,
  confinement,
  filter,
  walltime,
  cpu,
  memory,
  processes,
  disk,
  network,
  copyOnWrite,
  readWrite,
  collect,
  levels,
  doctor,
}

/** An error in words, without the ids that differ from run to run. */
export function describeError(error: unknown): string {
  if (error instanceof Wrong) return `WRONG: ${error.message}`
  const { code, message } = error as { code?: string; message?: string }
  const words = (message ?? String(error)).replaceAll(/\s*\n\s*/g, ' ')
  return `throws ${code ?? 'without a code'}: ${words.replaceAll(/\b\d{10}\b|(?<=submission-)\w{6}/g, 'ID')}`
}
