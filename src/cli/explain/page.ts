import { byDepth, type HostPath, resolveMounts } from '../../launcher/plan/host.ts'
import { planEnforcement } from '../../limits/enforcement.ts'
import { limitRows } from '../../limits/table.ts'
import type { Policy } from '../../policy/policy.ts'
import { formatLimit } from '../../print/limit.ts'
import type { OwnMount, RunOptions } from '../../runner/options/run-options.ts'
import { formatSize } from '../../units/size.ts'
import { visibleLine } from '../../units/visible.ts'
import type { Colors } from '../colors.ts'
import { actionWords, ruleWords } from './filter-words.ts'

/** A row of the page: a short name and a sentence. */
type Row = readonly [name: string, text: string]

interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

/** Describes what a run would do, as a page for a person: its command, ids, files, limits and filter. */
export function explainRun(options: RunOptions, { bold, cyan, dim }: Colors): string {
  const sections: readonly Section[] = [
    { title: 'program', rows: programRows(options) },
    { title: 'files', rows: fileRows(options) },
    { title: 'limits', rows: limitRowsOf(options) },
    { title: 'filter', rows: filterRows(options.policy) },
  ]
  const pages = sections.map(({ title, rows }) => {
    const width = Math.max(...rows.map(([name]) => name.length))
    const lines = rows.map(
      ([name, text]) => `  ${cyan(visibleLine(name).padEnd(width))}  ${visibleLine(text)}`,
    )
    return [bold(title), ...lines].join('\n')
  })
  return [...pages, dim('`--calls` shows every system call.')].join('\n\n')
}

const networks: Readonly<Record<Policy['network'], string>> = {
  none: 'none',
  loopback: 'its own, with nothing but a loopback device',
  host: "the host's",
}

const procs: Readonly<Record<Policy['proc'], string>> = {
  full: 'of its own processes',
  pid: 'of its own processes, without the files about the machine',
  none: 'none',
}

function programRows({ command, args, cwd, env, policy }: RunOptions): Row[] {
  const { uid, gid, hostname, shareUts, network, proc } = policy
  const lookUp = command.includes('/') ? '' : `, found in ${env.PATH ?? 'no PATH'}`
  const outside =
    process.getuid?.() === 0
      ? 'outside it has an unused id of its own'
      : `outside it is you, user ${process.getuid?.()}`
  return [
    ['command', `${[command, ...args].join(' ')}${lookUp}`],
    ['policy', [policy.name, policy.description].filter((text) => text !== '').join(': ')],
    ['directory', cwd],
    ['ids', `user ${uid}, group ${gid} in the sandbox; ${outside}`],
    ['host name', shareUts ? "the host's" : hostname],
    ['network', networks[network]],
    ['/proc', procs[proc]],
    // Values may be secrets.
    ['environment', Object.keys(env).join(', ') || 'empty'],
  ]
}

const from = (source: string, target: string): string =>
  source === target ? target : `${target}, from ${source}`

function mountRow(mount: HostPath | OwnMount): Row {
  const noexec = 'noexec' in mount && mount.noexec === true ? '; programs in it cannot start' : ''
  switch (mount.type) {
    case 'bind': {
      const { source, target, writable } = mount
      return [writable ? 'writable' : 'read-only', `${from(source, target)}${noexec}`]
    }
    case 'symlink':
      return ['link', `${mount.target} to ${mount.link}`]
    case 'tmpfs': {
      const size = mount.sizeBytes === undefined ? '' : `, at most ${formatSize(mount.sizeBytes)}`
      return ['empty', `${mount.target}, in memory${size}${noexec}`]
    }
    default:
      return ['copy', `${from(mount.source, mount.target)}: the host sees no change${noexec}`]
  }
}

function workdirRow({ workdir, workdirTarget: target }: RunOptions): Row {
  if (workdir === undefined) return ['empty', `${target}, in memory`]
  const { source } = workdir
  switch (workdir.mode) {
    case 'read-only':
      return ['read-only', from(source, target)]
    case 'read-write':
      return ['writable', from(source, target)]
    default:
      return ['copy', `${from(source, target)}: the host sees no change`]
  }
}

function fileRows(options: RunOptions): Row[] {
  const { policy, mounts, files } = options
  const shown = resolveMounts(policy.mounts, policy.name).sort(byDepth)
  return [
    workdirRow(options),
    ...[...shown, ...mounts].map(mountRow),
    ...[...policy.files, ...files].map(
      ({ target, contents }): Row => [
        'written',
        `${target}, ${formatSize(Buffer.byteLength(contents))}`,
      ],
    ),
  ]
}

function limitRowsOf({ limits, policy }: RunOptions): Row[] {
  const { enforcement } = planEnforcement(limits, policy.require)
  const rows = limitRows.flatMap(([option, { field, about }]): Row[] => {
    const value = limits[field]
    if (value === undefined) return []
    return [[option, `${formatLimit(option, value)}: ${about} (${enforcement[option]})`]]
  })
  return rows.length === 0 ? [['none', 'the program may use what the machine has']] : rows
}

// The rows keep the order of the rules, because the first rule that matches a call decides.
function filterRows({ seccomp }: Policy): Row[] {
  const always: Row = [
    'always',
    'a few calls fail: see "What every policy refuses" in docs/seccomp.md',
  ]
  if (seccomp === undefined)
    return [['allowed', 'every system call: the policy has no filter'], always]
  const rules = seccomp.rules.map((rule): Row => [actionWords(rule.action), ruleWords(rule)])
  return [...rules, [actionWords(seccomp.default), 'every other system call'], always]
}
