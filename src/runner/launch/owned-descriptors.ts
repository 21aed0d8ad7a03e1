import { closeDescriptor, makePipe } from '../../ffi/libc.ts'

/** Descriptors to close if an error occurs before they have an owner. */
export class Descriptors {
  readonly #open = new Set<number>()

  pipe(flags = 0): { read: number; write: number } {
    const pipe = makePipe(flags)
    this.#open.add(pipe.read).add(pipe.write)
    return pipe
  }

  own(fd: number): number {
    this.#open.add(fd)
    return fd
  }

  /** Stops owning a descriptor: its new owner closes it. */
  release(fd: number): number {
    this.#open.delete(fd)
    return fd
  }

  close(fd: number): void {
    closeDescriptor(this.release(fd))
  }

  closeAll(): void {
    for (const fd of this.#open) closeDescriptor(fd)
    this.#open.clear()
  }
}
