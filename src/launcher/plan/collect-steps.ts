import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  F_OK,
  MSG_DONTWAIT,
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
import { FD } from './fd-numbers.ts'
import { passStep } from './pass-step.ts'
import { openHow } from './paths.ts'

const init = stepsOf('init')

/** The largest part of one file that a run collects, in bytes. */
export const COLLECT_MAX_BYTES = 64 * 1024 * 1024

/** The files that a run collects. */
export interface Collection {
  /** Absolute paths in the sandbox. */
  readonly paths: readonly string[]
  /**
   * Whether the init copies the files into a memfd, or passes their descriptors through a socket. Node uses the
   * descriptor of a directory to find the files that match a pattern.
   */
  readonly by: 'copies' | 'descriptors'
}

/** The init's memory for the files that it collects. */
export const collectAreas = ({ paths }: Collection): Area[] =>
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
 * Steps that collect files after the program and all its descendants have ended. The program controls the files at
 * these paths. The init therefore opens each path inside the sandbox's own root, and follows no symbolic link
 * (openat2(2)). O_NONBLOCK keeps a FIFO from blocking the init.
 */
export function collectSteps({ paths, by }: Collection, arch: Arch): Step[] {
  const how = openHow(
    O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW[arch],
    0,
    RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
  )
  const bringOut = by === 'copies' ? copySteps : passSteps
  return paths.flatMap((path, index) => {
    const area = `collect${index}`
    return [
      init('openat2', [AT_FDCWD, text(path), ...how], {
        store: `${area}.result`,
        onError: { goto: `${area}.report` },
      }),
      ...bringOut(area),
      init('write', [FD.report, at(`${area}.tag`), RECORD.collect.size], {
        label: `${area}.report`,
      }),
    ]
  })
}

function copySteps(area: string): Step[] {
  const file = load(`${area}.result`)
  return [
    init('statx', [file, text(''), AT_EMPTY_PATH, STATX_BASIC_STATS, at(`${area}.statx`)]),
    // The call fails for a file that is not regular. The report has the type of such a file.
    init('sendfile', [FD.collect, file, 0, COLLECT_MAX_BYTES], {
      store: `${area}.copied`,
      onError: 'continue',
    }),
    init('close', [file]),
  ]
}

function passSteps(area: string): Step[] {
  const file = load(`${area}.result`)
  return [
    init('dup3', [file, FD.passed, O_CLOEXEC]),
    init('close', [file]),
    // MSG_DONTWAIT, because Node reads only after the init has ended.
    passStep(FD.collect, FD.passed, {
      flags: MSG_DONTWAIT,
      shown: `${FD.collect}, SCM_RIGHTS [file]`,
      store: `${area}.copied`,
      onError: 'continue',
    }),
    init('close', [FD.passed]),
  ]
}

/** The memory for each candidate's execve result, and for the reason why none succeeded. */
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
 * Steps that report why the kernel could not execute the program. The report has the error of each candidate, whether
 * the candidate's file exists, and the first bytes of the file, which can name an interpreter. The init skips these
 * steps if an execve succeeded.
 *
 * @param done the label of the next step
 */
export function diagnoseExecSteps(
  candidates: readonly string[],
  { cwd, done }: { cwd: string; done: string },
): Step[] {
  const last = candidates.length - 1
  return [
    // close_range(2) returns 0. The last candidate's result is also 0, unless every candidate failed.
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
