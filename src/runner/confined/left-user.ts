import { closeDescriptor, makePipe, spawn, waitForProcess } from '../../ffi/libc.ts'
import { makeExecutable } from '../../launcher/image/memory.ts'
import { failSteps } from '../../launcher/plan/starter.ts'
import { FAIL, type Step, stepsOf } from '../../launcher/step.ts'
import { SIGKILL } from '../../linux/constants.ts'
import { hostMachine } from '../host-machine.ts'
import { makeImage } from '../launch/launch.ts'
import type { PrivateIds } from './machine-confinement.ts'

const starter = stepsOf('starter')

/**
 * The steps of a program that ends all processes of one user. The program changes to ids that may signal only that
 * user's processes, and checks its ids before kill(-1).
 */
export function endUserSteps({ uid, neighbour }: PrivateIds): Step[] {
  const unless = (value: number) => ({ whenDifferent: { value, goto: FAIL } })
  return [
    starter('setgroups', [0, 0]),
    starter('setresgid', [neighbour, neighbour, neighbour]),
    starter('setresuid', [neighbour, uid, neighbour]),
    starter('geteuid', [], unless(uid)),
    starter('getuid', [], unless(neighbour)),
    // ESRCH: no process is left.
    starter('kill', [-1, SIGKILL], { onError: 'continue' }),
    starter('exit_group', [0]),
    ...failSteps,
  ]
}

/**
 * Ends the leftover processes of a run whose init was killed. No other process waits for these processes.
 *
 * @throws {RangeError} for ids that are not a run's
 */
export function endLeftUser(ids: PrivateIds): void {
  if (!(ids.uid > 0x1000 && ids.neighbour === ids.uid + 1)) {
    throw new RangeError(`Expected the ids of a run, got ${ids.uid} and ${ids.neighbour}`)
  }
  const executable = makeExecutable(
    makeImage({ steps: endUserSteps(ids), areas: [] }, hostMachine().arch).elf,
  )
  // A failure's record goes to descriptor 3, which no process reads.
  const pipe = makePipe(0)
  try {
    waitForProcess(spawn(executable.path, [pipe.read, pipe.write, pipe.write, pipe.write]))
  } finally {
    closeDescriptor(pipe.read)
    closeDescriptor(pipe.write)
    executable.dispose()
  }
}
