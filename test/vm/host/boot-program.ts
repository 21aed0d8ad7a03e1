import { assemble } from '../../../src/launcher/image/assemble.ts'
import { elfImage } from '../../../src/launcher/image/elf.ts'
import type { Arch } from '../../../src/launcher/machine/machine.ts'
import { STEPS_ADDRESS } from '../../../src/launcher/machine/memory-layout.ts'
import { failSteps } from '../../../src/launcher/plan/starter.ts'
import { stepsOf, text, words } from '../../../src/launcher/step.ts'
import { AT_FDCWD } from '../../../src/linux/constants.ts'

const step = stepsOf('init')
const O_RDWR = 2
const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8']

/**
 * The virtual machine's first program, made of steps of the engine's own machine. It mounts /dev, which an image made
 * without privilege cannot contain, takes the console as its streams, and becomes Node.
 */
export function bootProgram(arch: Arch, argv: readonly string[]): Uint8Array {
  const [program = '', ...args] = argv
  const steps = [
    step('mount', [text('dev'), text('/dev'), text('devtmpfs'), 0, 0]),
    step('openat', [AT_FDCWD, text('/dev/console'), O_RDWR, 0]),
    step('dup3', [0, 1, 0]),
    step('dup3', [0, 2, 0]),
    step('execve', [
      text(program),
      words(...[program, ...args].map(text), 0),
      words(...environment.map(text), 0),
    ]),
    ...failSteps,
  ]
  const assembled = assemble({ steps, areas: [] }, { arch, address: STEPS_ADDRESS })
  return elfImage(assembled, arch, new Uint8Array(8))
}
