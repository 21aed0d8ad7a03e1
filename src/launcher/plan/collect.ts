import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  F_OK,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
  STATX_BASIC_STATS,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, load, type Step, stepsOf, text } from '../step.ts'
import { FD } from './descriptors.ts'
import { openHow } from './paths.ts'

const init = stepsOf('init')

/** The most that is brought back of one file, in bytes. */
export const COLLECT_MAX_BYTES = 64 * 1024 * 1024

/** The init's memory for the files that it collects. */
export const collectAreas = (paths: readonly string[]): Area[] =>
  paths.map((_, index) => ({
    name: `collect${index}`,
    fields: [
      { name: 'tag', size: 8, init: RECORD.collect.tag },
      { name: 'result', size: 8 },
      { name: 'statx', size: 256 },
      { name: 'copied', size: 8 },
    ],
  }))

/**
 * Steps that copy files out once the program and all its descendants are gone. A path is the
 * program's to make, so it is opened from inside the sandbox's own root and through no symbolic link
 * (openat2(2)); O_NONBLOCK keeps a FIFO from holding us up.
 */
export function collectSteps(paths: readonly string[], arch: Arch): Step[] {
  const how = openHow(
    O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW[arch],
    0,
    RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
  )
  return paths.flatMap((path, index) => {
    const area = `collect${index}`
    const file = load(`${area}.result`)
    return [
      init('openat2', [AT_FDCWD, text(path), ...how], {
        store: `${area}.result`,
        onError: { goto: `${area}.report` },
      }),
      init('statx', [file, text(''), AT_EMPTY_PATH, STATX_BASIC_STATS, at(`${area}.statx`)]),
      // Fails for what is no regular file; its type is in the report.
      init('sendfile', [FD.collect, file, 0, COLLECT_MAX_BYTES], {
        store: `${area}.copied`,
        onError: 'continue',
      }),
      init('close', [file]),
      init('write', [FD.report, at(`${area}.tag`), RECORD.collect.size], {
        label: `${area}.report`,
      }),
    ]
  })
}

/** The memory for each candidate's execve result, and for finding out why none succeeded. */
export const execAreas = (candidates: readonly string[]): Area[] =>
  candidates.map((_, index) => ({
    name: `exec${index}`,
    fields: [
      { name: 'tag', size: 8, init: RECORD.exec.tag },
      { name: 'result', size: 8 },
      { name: 'access', size: 8 },
      { name: 'head', size: 1024 },
    ],
  }))

/**
 * Steps that tell why the program could not be executed: each candidate's error, whether it is there,
 * and its first bytes, which name its interpreter. Skipped when execve succeeded.
 *
 * @param done the label to go on at
 */
export function diagnoseExecSteps(
  candidates: readonly string[],
  { cwd, done }: { cwd: string; done: string },
): Step[] {
  const last = candidates.length - 1
  return [
    // Returns 0, which the last candidate's result still is when none of them failed.
    init('close_range', [0, 2, 0], {
      whenEqual: { value: load(`exec${last}.result`), goto: done },
    }),
    init('chdir', [text(cwd)]),
    ...candidates.flatMap((path, index) => {
      const area = `exec${index}`
      return [
        init('faccessat', [AT_FDCWD, text(path), F_OK, 0], {
          store: `${area}.access`,
          onError: 'continue',
        }),
        init('openat', [AT_FDCWD, text(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0], {
          store: 'init.fd',
          onError: { goto: `${area}.report` },
        }),
        init('read', [load('init.fd'), at(`${area}.head`), 1024], { onError: 'continue' }),
        init('close', [load('init.fd')]),
        init('write', [FD.report, at(`${area}.tag`), RECORD.exec.size], {
          label: `${area}.report`,
        }),
      ]
    }),
  ]
}
