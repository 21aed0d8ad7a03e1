import { resolve } from 'node:path'
import { alternatives, type Problem, show } from '../errors/problem.ts'
import type {
  BindMount,
  Mount,
  OverlayMount,
  SymlinkMount,
  TmpfsMount,
} from '../launcher/sandbox-shape.ts'
import { parseSize } from '../units/size.ts'
import type { RawMount } from './policy-schema.ts'

/** A mount, or the problems of a mount. The paths of the problems start at the mount. */
export type CheckedMount =
  | { readonly mount: Mount }
  | { readonly problems: readonly [Problem, ...Problem[]] }

type Kind = Mount['type']

/** The kinds of mounts that accept each key. */
const KINDS: Readonly<Partial<Record<keyof RawMount, readonly Kind[]>>> = {
  rw: ['bind'],
  optional: ['bind', 'overlay'],
  noexec: ['bind', 'overlay', 'tmpfs'],
  size: ['tmpfs'],
  inodes: ['tmpfs'],
}

/** Removes double and trailing slashes, so that equal paths are equal text. */
export function tidy(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  return `/${names.join('/')}`
}

/** Whether a path is the directory itself or lies below it. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`)

const isAlwaysWritable = (key: string, kind: Kind): boolean =>
  key === 'rw' && (kind === 'tmpfs' || kind === 'overlay')

function misplacedKeys(raw: RawMount, kind: Kind): Problem[] {
  const keys = Object.keys(KINDS) as (keyof RawMount)[]
  return keys.flatMap((key) => {
    const kinds = KINDS[key] ?? []
    if (raw[key] === undefined || kinds.includes(kind)) return []
    // hakoniwa's tmpfs is writable too.
    if (key === 'rw' && kind === 'tmpfs' && raw.rw === true) return []
    const message = isAlwaysWritable(key, kind)
      ? `${kind === 'tmpfs' ? 'a tmpfs' : 'an overlay'} is always writable`
      : `goes with ${alternatives(kinds.map((each) => `type = "${each}"`))} only`
    return [{ path: [key], message }]
  })
}

function sourceProblems({ source }: RawMount, kind: Kind): Problem[] {
  if (kind === 'tmpfs') return []
  const message =
    source === undefined
      ? 'is missing'
      : source === ''
        ? 'expected a path, got ""'
        : source.includes('\0')
          ? 'expected a path without NUL characters'
          : undefined
  return message === undefined ? [] : [{ path: ['source'], message }]
}

function kindProblems({ type, fstype }: RawMount): Problem[] {
  if (type === undefined || fstype === undefined || type === fstype) return []
  return [{ path: ['fstype'], message: `contradicts type = "${type}"` }]
}

function sizeOf({ size }: RawMount): number {
  try {
    return size === undefined ? Number.NaN : parseSize(size)
  } catch (error) {
    if (error instanceof RangeError) return 0
    throw error
  }
}

function amountProblems(raw: RawMount): Problem[] {
  const { size, inodes } = raw
  const problems: Problem[] = []
  if (sizeOf(raw) === 0) {
    const message = `expected bytes above 0, or text such as "64MiB", got ${show(size)}`
    problems.push({ path: ['size'], message })
  }
  if (inodes !== undefined && !(Number.isSafeInteger(inodes) && inodes > 0)) {
    const message = `expected a whole number above 0, got ${show(inodes)}`
    problems.push({ path: ['inodes'], message })
  }
  return problems
}

// The sandbox writes its own files below these directories, and would follow a link in their place.
const OWN = ['/dev', '/proc', '/tmp']

function symlinkProblems(target: string): Problem[] {
  const own = OWN.find((path) => isWithin(target, path))
  if (own === undefined || (own !== '/proc' && own !== '/dev' && target !== own)) return []
  return [{ path: ['target'], message: `${own} is the sandbox's own and cannot be a link` }]
}

const bindOf = ({ source = '', target, rw, optional, noexec }: RawMount): BindMount => ({
  type: 'bind',
  // The source is relative to the working directory of this process, as in hakoniwa.
  source: resolve(source),
  target: tidy(target),
  writable: rw ?? false,
  optional: optional ?? false,
  ...(noexec === true ? { noexec } : {}),
})

const overlayOf = (raw: RawMount): OverlayMount => {
  const { writable: _, ...rest } = bindOf(raw)
  return { ...rest, type: 'overlay' }
}

const tmpfsOf = (raw: RawMount): TmpfsMount => ({
  type: 'tmpfs',
  target: tidy(raw.target),
  ...(raw.size === undefined ? {} : { sizeBytes: sizeOf(raw) }),
  ...(raw.inodes === undefined ? {} : { inodes: raw.inodes }),
  ...(raw.noexec === true ? { noexec: true } : {}),
})

const symlinkOf = ({ source = '', target }: RawMount): SymlinkMount => ({
  type: 'symlink',
  link: source,
  target: tidy(target),
})

const makers = { bind: bindOf, overlay: overlayOf, tmpfs: tmpfsOf, symlink: symlinkOf }

/**
 * Turns a `mounts` entry into a mount: a bind mount unless the entry has another type, and read-only unless the entry
 * has `rw`.
 */
export function normalizeMount(raw: RawMount): CheckedMount {
  const kind = raw.type ?? raw.fstype ?? 'bind'
  const [first, ...more] = [
    ...kindProblems(raw),
    ...sourceProblems(raw, kind),
    ...misplacedKeys(raw, kind),
    ...(kind === 'tmpfs' ? amountProblems(raw) : []),
    ...(kind === 'symlink' ? symlinkProblems(tidy(raw.target)) : []),
  ]
  if (first !== undefined) return { problems: [first, ...more] }
  return { mount: makers[kind](raw) }
}

/** Finds targets that two entries share, because the later entry would replace the earlier entry. */
export function repeatedTargets(key: string, entries: readonly { target: string }[]): Problem[] {
  const seen = new Set<string>()
  return entries.flatMap(({ target }, index) => {
    const path = tidy(target)
    const repeated = seen.has(path)
    seen.add(path)
    const message = `${show(path)} is the target of an earlier entry too`
    return repeated ? [{ path: [key, index, 'target'], message }] : []
  })
}
