import {
  AT_FDCWD,
  ENOENT,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
  SEEK_SET,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import type { SandboxFile } from '../sandbox-shape.ts'
import { bytes, load, offsetOf, type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { type Ids, openHow, type SafePaths, splitPath } from './paths.ts'

const init = stepsOf('init')

/** The mode of a new file. Only ELF programs and scripts get an executable mode. */
export function fileMode(contents: Uint8Array): number {
  const isElf = contents[0] === 0x7f && Buffer.from(contents.subarray(1, 4)).equals(ELF)
  const isScript = contents[0] === 0x23 && contents[1] === 0x21
  return isElf || isScript ? 0o755 : 0o644
}

const ELF = Buffer.from('ELF')

const bytesOf = (contents: SandboxFile['contents']): Uint8Array =>
  typeof contents === 'string' ? Buffer.from(contents) : contents

const failureFor = (path: string): StepFailure => ({
  code: 'SETUP_FAILED',
  hint: `The file "/${path}" could not be written into the sandbox. It must be below a writable or fresh directory and not behind a symbolic link, and fit the disk limit.`,
})

/**
 * Steps that write a file of the policy into a directory that the plan itself made.
 *
 * @param path relative to the init's working directory
 */
export function writeFreshFileSteps(
  path: string,
  contents: SandboxFile['contents'],
  { arch }: { arch: Arch },
): Step[] {
  const data = bytesOf(contents)
  const failure = failureFor(path)
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW[arch]
  const how = openHow(flags, fileMode(data), RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
  return [
    init('openat2', [AT_FDCWD, text(path), ...how], { store: 'init.fd', failure }),
    ...writeSteps(path, data, failure),
    init('close', [load('init.fd')]),
  ]
}

/**
 * Steps that write a file anywhere in the entered root, also among a student's files. The steps first remove any
 * entry of the same name, even a link or a FIFO. The steps follow no link to the directory of the file.
 *
 * @param path relative to the root
 * @param owner the owner of the file; without one, the init's own ids
 */
export function writeFileSteps(
  path: string,
  contents: SandboxFile['contents'],
  { arch, owner, paths }: { arch: Arch; owner?: Ids | undefined; paths: SafePaths },
): Step[] {
  const data = bytesOf(contents)
  const failure = failureFor(path)
  const { parent, name } = splitPath(path)
  const shown = JSON.stringify(`/${path}`)
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW[arch]
  return [
    ...paths.makeDirectory(parent, { failure, owner }),
    ...paths.open(parent, failure),
    init('unlinkat', [load('init.parent'), text(name), 0], { tolerate: ENOENT, shown, failure }),
    init('openat', [load('init.parent'), text(name), flags, fileMode(data)], {
      store: 'init.fd',
      shown,
      failure,
    }),
    ...(owner === undefined ? [] : [init('fchown', [load('init.fd'), owner.uid, owner.gid])]),
    ...sendSteps(path, data, failure),
    init('close', [load('init.fd')]),
    init('close', [load('init.parent')]),
  ]
}

function writeSteps(path: string, data: Uint8Array, failure: StepFailure): Step[] {
  if (data.length === 0) return []
  return [
    init('write', [load('init.fd'), bytes(data), data.length], {
      whenDifferent: { value: data.length, goto: 'fail' },
      shown: `${JSON.stringify(`/${path}`)}, ${data.length} bytes`,
      failure,
    }),
  ]
}

/** sendfile(2) copies at most this many bytes per call. */
const SENDFILE_MAX = 0x7fff_f000

// A copy from memory would increase the init's peak of resident memory. This peak survives execve(2), and the kernel
// would count the peak for the program. The init therefore copies from the request's file.
function sendSteps(path: string, data: Uint8Array, failure: StepFailure): Step[] {
  if (data.length === 0) return []
  const shown = `${JSON.stringify(`/${path}`)}, ${data.length} bytes`
  const pieces = Array.from({ length: Math.ceil(data.length / SENDFILE_MAX) }, (_, index) => {
    const length = Math.min(SENDFILE_MAX, data.length - index * SENDFILE_MAX)
    return init('sendfile', [load('init.fd'), FD.request, 0, length], {
      whenDifferent: { value: length, goto: 'fail' },
      shown,
      failure,
    })
  })
  return [init('lseek', [FD.request, offsetOf(data), SEEK_SET]), ...pieces]
}
