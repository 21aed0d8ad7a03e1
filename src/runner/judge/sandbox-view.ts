import { existsSync, readlinkSync } from 'node:fs'
import { posix } from 'node:path'
import type { RunOptions } from '../options/run-options.ts'

/** A host path that a run shows. */
interface Shown {
  readonly source: string
  readonly target: string
}

/** The most symbolic links that the kernel follows in a path (path_resolution(7)). */
const MOST_LINKS = 40

/** The result of the search for a path in the sandbox. */
export interface Lookup {
  readonly exists: boolean
  /** The path of the dangling link, and the missing path to which the link leads. */
  readonly link?: { readonly path: string; readonly target: string }
}

type ViewOptions = Pick<RunOptions, 'workdir' | 'workdirTarget' | 'mounts' | 'files' | 'cwd'> & {
  readonly policy: Pick<RunOptions['policy'], 'mounts' | 'files'>
}

/** The sandbox's files as they are on the host, to explain why a program was not found. The view opens no file. */
export class SandboxView {
  readonly #cwd: string
  readonly #shown: readonly Shown[]
  readonly #links = new Map<string, string>()
  readonly #made: readonly string[]

  constructor({ workdir, workdirTarget, mounts, files, cwd, policy }: ViewOptions) {
    this.#cwd = cwd
    const all = [...policy.mounts, ...mounts]
    const ofMounts = all.flatMap((mount) =>
      mount.type === 'bind' || mount.type === 'overlay'
        ? [{ source: mount.source, target: mount.target }]
        : [],
    )
    const own = workdir === undefined ? [] : [{ source: workdir.source, target: workdirTarget }]
    // A longer target covers a shorter target, so the longest target comes first.
    this.#shown = [...ofMounts, ...own].sort((a, b) => b.target.length - a.target.length)
    for (const mount of all) if (mount.type === 'symlink') this.#links.set(mount.target, mount.link)
    const paths = [...policy.files, ...files, ...all].map(({ target }) => target)
    this.#made = ['/', workdirTarget, ...paths]
  }

  /** Resolves a path as the kernel does in the sandbox, link by link. */
  lookUp(path: string): Lookup {
    let link: { path: string; target: string; own: string } | undefined
    let rest = partsOf(posix.resolve(this.#cwd, path))
    let at = '/'
    for (let links = 0; rest.length > 0; ) {
      const [part = '', ...others] = rest
      const here = posix.join(at, part)
      const target = this.#linkAt(here)
      if (target === undefined) {
        if (!this.#has(here)) return missing(here, link)
        at = here
        rest = others
        continue
      }
      if (++links > MOST_LINKS) return { exists: false }
      const leadsTo = posix.resolve(at, target, ...others)
      link = { path: here, target: leadsTo, own: posix.resolve(at, target) }
      rest = partsOf(leadsTo)
      at = '/'
    }
    return { exists: true }
  }

  #linkAt(path: string): string | undefined {
    const own = this.#links.get(path)
    if (own !== undefined) return own
    const host = this.#hostPath(path)
    if (host === undefined) return undefined
    try {
      return readlinkSync(host)
    } catch {
      // The path is not a link, the path does not exist, or this user may not read the link.
      return undefined
    }
  }

  #has(path: string): boolean {
    if (this.#made.some((made) => made === path || made.startsWith(`${path}/`))) return true
    const host = this.#hostPath(path)
    return host !== undefined && existsSync(host)
  }

  #hostPath(path: string): string | undefined {
    const shown = this.#shown.find(
      ({ target }) => path === target || path.startsWith(`${target === '/' ? '' : target}/`),
    )
    return shown && posix.join(shown.source, posix.relative(shown.target, path))
  }
}

/**
 * A link is the cause only if the link's own target is missing. For example, `/bin` leads to `/usr/bin`, which exists.
 * The link `/bin` is therefore not the cause if a file in `/usr/bin` is missing.
 */
function missing(
  at: string,
  link: { path: string; target: string; own: string } | undefined,
): Lookup {
  const isDangling = link !== undefined && `${link.own}/`.startsWith(`${at}/`)
  return isDangling
    ? { exists: false, link: { path: link.path, target: link.target } }
    : { exists: false }
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')
