import { posix } from 'node:path'
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  EEXIST,
  O_CLOEXEC,
  O_CREAT,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../../ffi/constants.ts'
import type { SandboxFile } from '../../../policy/policy.ts'
import type { Arch } from '../machine/machine.ts'
import { bytes, load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'

const init = stepsOf('init')

/** struct open_how of openat2(2), and its size. */
export const openHow = (flags: number, mode: number, resolve: number) =>
  [words(flags, mode, resolve), 24] as const

/**
 * Directories that the plan makes below the directory the init is in. Remembers them, so that each is
 * made once.
 */
export class Directories {
  readonly #made = new Set<string>(['.', '/', ''])

  /**
   * Steps that make a directory and its parents; one that is there already stays as it is. Given an
   * owner, what is below the program's own directories is made the owner's.
   */
  make(path: string, failure?: StepFailure, owner?: { uid: number; gid: number }): Step[] {
    if (this.#made.has(path)) return []
    const steps = this.make(posix.dirname(path), failure, owner)
    this.#made.add(path)
    steps.push(
      init('mkdirat', [AT_FDCWD, text(path), 0o755], {
        tolerate: EEXIST,
        ...(failure === undefined ? {} : { failure }),
      }),
    )
    if (owner !== undefined && /^(work|tmp)\//.test(path)) {
      const { uid, gid } = owner
      steps.push(init('fchownat', [AT_FDCWD, text(path), uid, gid, AT_SYMLINK_NOFOLLOW]))
    }
    return steps
  }
}

/** An ELF program or a script is written executable, everything else is not. */
export function fileMode(contents: Uint8Array): number {
  const isElf = contents[0] === 0x7f && Buffer.from(contents.subarray(1, 4)).equals(ELF)
  const isScript = contents[0] === 0x23 && contents[1] === 0x21
  return isElf || isScript ? 0o755 : 0o644
}

const ELF = Buffer.from('ELF')

/**
 * Steps that write a file. `openat2` resolves the path inside the directory the init is in and refuses
 * symbolic links, so that a link somebody planted leads nowhere.
 *
 * @param path relative to the directory the init is in
 * @param owner who owns it; without one, the init's own ids
 */
export function writeFileSteps(
  path: string,
  contents: SandboxFile['contents'],
  { arch, owner }: { arch: Arch; owner?: { uid: number; gid: number } | undefined },
): Step[] {
  const data = typeof contents === 'string' ? Buffer.from(contents) : contents
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW[arch]
  const failure: StepFailure = {
    code: 'SETUP_FAILED',
    hint: `The file "/${path}" could not be written into the sandbox. It must be below a writable or fresh directory and not behind a symbolic link, and fit the disk limit.`,
  }
  return [
    init(
      'openat2',
      [
        AT_FDCWD,
        text(path),
        ...openHow(flags, fileMode(data), RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS),
      ],
      { store: 'init.fd', failure },
    ),
    ...(owner === undefined ? [] : [init('fchown', [load('init.fd'), owner.uid, owner.gid])]),
    ...(data.length === 0
      ? []
      : [
          init('write', [load('init.fd'), bytes(data), data.length], {
            whenDifferent: { value: data.length, goto: 'fail' },
            failure,
          }),
        ]),
    init('close', [load('init.fd')]),
  ]
}
