import { parseSize } from '../units/size.ts'
import type { Mount } from './policy.ts'
import { type Problem, show } from './problem.ts'
import type { RawMount } from './schema.ts'

/** A mount, or what is wrong with it; paths start at the mount. */
export type CheckedMount = { readonly mount: Mount } | { readonly problem: Problem }

const problem = (key: string, message: string): CheckedMount => ({
  problem: { path: [key], message },
})

// One slash between names and none at the end, so that equal paths are equal text.
function tidy(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  return `/${names.join('/')}`
}

function tmpfs({ target, rw, optional, size }: RawMount): CheckedMount {
  if (rw === false) return problem('rw', 'a tmpfs is always writable')
  if (optional !== undefined) return problem('optional', 'a tmpfs has no source to be missing')
  if (size === undefined) return { mount: { type: 'tmpfs', target: tidy(target) } }
  try {
    const sizeBytes = parseSize(size)
    if (sizeBytes > 0) return { mount: { type: 'tmpfs', target: tidy(target), sizeBytes } }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return problem('size', `expected bytes above 0, or text such as "64MiB", got ${show(size)}`)
}

function bind({ source, target, rw, optional, size }: RawMount): CheckedMount {
  if (size !== undefined) return problem('size', 'goes with fstype = "tmpfs" only')
  if (source === undefined) return problem('source', 'is missing')
  if (!source.startsWith('/')) {
    return problem('source', `expected an absolute path, got ${show(source)}`)
  }
  if (source.includes('\0')) return problem('source', 'expected a path without NUL characters')
  if (source.split('/').includes('..')) {
    return problem('source', `expected a path without "..", got ${show(source)}`)
  }
  const writable = rw ?? false
  const places = { source: tidy(source), target: tidy(target) }
  return { mount: { type: 'bind', ...places, writable, optional: optional ?? false } }
}

/** Turns a `mounts` entry into a mount: read-only unless `rw`, a bind unless `fstype` says tmpfs. */
export function normalizeMount(raw: RawMount): CheckedMount {
  return raw.fstype === 'tmpfs' ? tmpfs(raw) : bind(raw)
}

/** Targets of mounts and files that are used twice: the later would hide the earlier. */
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
