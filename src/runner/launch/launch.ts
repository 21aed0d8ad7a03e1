import type { SandboxError } from '../../errors/sandbox-error.ts'
import { spawn } from '../../ffi/libc.ts'
import { type Assembled, assemble, assembleInPieces } from '../../launcher/image/assemble.ts'
import { elfImage } from '../../launcher/image/elf.ts'
import { type Executable, makeExecutable } from '../../launcher/image/memory.ts'
import type { Arch } from '../../launcher/machine/machine.ts'
import {
  DATA_ADDRESS,
  DATA_OFFSET,
  REQUEST_ADDRESS,
  STEP_SIZE,
  STEPS_ADDRESS,
} from '../../launcher/machine/memory-layout.ts'
import { entrySymbols } from '../../launcher/plan/entry-steps.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import { ownIdValues } from '../../launcher/plan/identity.ts'
import { CGROUP_PATH } from '../../launcher/plan/starter.ts'
import { RECORD } from '../../launcher/report/records.ts'
import type { Segment, Step } from '../../launcher/step.ts'
import { type ErrnoError, errnoText } from '../../linux/errno.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import type { Work } from '../../work.ts'
import { ownCallError } from '../own-call-error.ts'
import { type Kept, noteKept } from './kept.ts'

/** The executable image of a launch program, without a request. The image can be executed any number of times. */
export interface Image {
  readonly elf: Uint8Array
  readonly assembled: Assembled
  readonly arch: Arch
}

/** The symbol for the place of the program's own uid. Only an image whose init takes this user's ids has the symbol. */
const OWN_UID = 'ids.uid'

/** Makes the executable image of a plan. */
export function makeImage(segment: Segment, arch: Arch): Image {
  const imported = entrySymbols
  const use = { arch, address: STEPS_ADDRESS, imported, token: ownCallToken }
  const assembled = assemble(segment, use)
  return { elf: elfImage(assembled, arch, RECORD.failure.tag), assembled, arch }
}

/** The descriptors that the launch program gets; see plan/fd-numbers.ts. */
export interface LaunchDescriptors {
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
  readonly report: number
  readonly control: number
  readonly request: number
  readonly collect: number
  readonly go: number
}

/** The values that differ between the launch programs of one image. */
export interface LaunchValues {
  /** The path of the init's control group, for an image whose runs have a control group. */
  readonly cgroup?: string | undefined
  /**
   * The program's user on the host. If the init of an image takes the ids of this user, the image has a place for them.
   */
  readonly flow: Flow
}

/**
 * Starts a launch program, which builds its root and then waits for its request.
 *
 * @returns the starter's process id
 * @throws {ErrnoError} when the process cannot be made
 */
export function launch(image: Image, to: LaunchDescriptors, values: LaunchValues): number {
  const executable = executableOf(image, values)
  try {
    const { stdin, stdout, stderr, report, control, request, collect, go } = to
    return spawn(executable.path, [stdin, stdout, stderr, report, control, request, collect, go])
  } finally {
    if (!executable.isInMemory) executable.dispose()
  }
}

let last: { readonly image: Image; readonly executable: Executable } | undefined

// The next launch program is often another execution of the same image. The last executable therefore stays open. It
// stays open even if it cannot be executed again, so that the number of descriptors does not depend on the image.
function executableOf(image: Image, values: LaunchValues): Executable {
  const isFixed = values.cgroup === undefined && !image.assembled.symbols.has(OWN_UID)
  if (isFixed && last?.image === image) return last.executable
  const executable = makeExecutable(withValues(image, values))
  last?.executable.dispose()
  last = executable.isInMemory ? { image, executable } : undefined
  if (last !== undefined) noteKept(keptLast)
  return executable
}

const keptLast: Kept = {
  close: () => {
    last?.executable.dispose()
    last = undefined
  },
}

// Writes the values to their places, over the values of the last launch program. The caller copies the bytes at once.
function withValues({ elf, assembled }: Image, { cgroup, flow }: LaunchValues): Uint8Array {
  const ids = assembled.symbols.has(OWN_UID) ? ownIdValues(flow) : []
  const values = [...(cgroup === undefined ? [] : [groupValue(cgroup)]), ...ids]
  for (const { place, offset, bytes } of values) {
    const address = assembled.symbols.get(place)
    if (address === undefined) throw new Error(`The launch program has no place ${place}`)
    elf.set(bytes, DATA_OFFSET + address - DATA_ADDRESS + offset)
  }
  return elf
}

function groupValue(path: string) {
  const bytes = Buffer.from(`${path}\0`)
  if (bytes.length <= CGROUP_PATH.size) return { place: CGROUP_PATH.place, offset: 0, bytes }
  throw new Error(`The launch program has no place for the control group ${path}`)
}

/** Lays out a request for the launch programs of an image. */
export function assembleRequest(image: Image, request: Segment): Work<Assembled> {
  const { symbols } = image.assembled
  const address = REQUEST_ADDRESS
  return assembleInPieces(request, {
    arch: image.arch,
    address,
    imported: symbols,
    token: ownCallToken,
  })
}

/** A failure of this process's own system calls before the launch program ran. */
export const spawnError = (cause: ErrnoError): SandboxError =>
  ownCallError(
    `The sandbox could not be started: ${cause.syscall}: ${errnoText(cause.errno)}`,
    cause,
    {
      EACCES: 'The directory for temporary files is mounted noexec; set TMPDIR to one that is not.',
    },
  )

/** The step at an address that the report of a failure names. */
export function stepAt(address: number, segments: readonly Assembled[]): Step | undefined {
  const segment = segments.find(
    ({ address: start, bytes }) => address >= start && address < start + bytes.length,
  )
  return segment?.steps[(address - segment.address) / STEP_SIZE]
}
