import { createRequire } from 'node:module'

const PR_SET_CHILD_SUBREAPER = 36

/**
 * Makes this process the parent of every orphan among its descendants (prctl(2)). `children()` then finds every process
 * of a run, even after the process that started it has ended.
 */
export function adoptOrphans(): void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
  const libc = koffi.load('libc.so.6')
  const prctl = libc.func('int prctl(int, ulong, ulong, ulong, ulong)')
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error('prctl failed')
}
