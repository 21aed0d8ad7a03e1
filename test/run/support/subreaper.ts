import { createRequire } from 'node:module'

const PR_SET_CHILD_SUBREAPER = 36

/**
 * Makes this process the parent of all that its descendants leave behind (prctl(2)), so that
 * `children()` finds every process of a run, whatever became of the one that started it.
 */
export function adoptOrphans(): void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
  const libc = koffi.load('libc.so.6')
  const prctl = libc.func('int prctl(int, ulong, ulong, ulong, ulong)')
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error('prctl failed')
}
