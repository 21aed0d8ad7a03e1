import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { CliError, EXIT } from './errors.ts'

/** A file that a command opens before its work and writes after its work. */
export interface OutputFile {
  /**
   * Replaces the file's contents and closes the file.
   *
   * @throws {CliError} when the file system refuses to write the text
   */
  readonly write: (text: string) => void
  /** Closes the file unchanged. */
  readonly close: () => void
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants

const reasons: Readonly<Record<string, string>> = {
  ELOOP: 'it is a symbolic link, which a program may have made',
  ENXIO: 'it is a FIFO that nobody reads; give a regular file',
  ENOTREG: 'it is not a regular file',
}

/**
 * Opens a file before the program runs. After the run, a link or a FIFO of the program could have the file's name.
 *
 * @param what the words for the file in errors, such as `report file`
 * @throws {CliError} for a link, for anything that is not a regular file, and when the file cannot be opened or made
 */
export function openOutputFile(what: string, path: string): OutputFile {
  const fail = (cause: unknown): never => {
    const { code = 'EIO' } = cause as NodeJS.ErrnoException
    const why = reasons[code]
    const text = `The ${what} ${JSON.stringify(path)} cannot be written: ${code}${why === undefined ? '' : `: ${why}`}`
    throw new CliError(text, EXIT.setup, cause)
  }
  let fd: number
  try {
    // Without O_NONBLOCK, open() of a FIFO would wait for a reader (fifo(7)).
    fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
  } catch (error) {
    return fail(error)
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd)
    fail({ code: 'ENOTREG' })
  }
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(fd)
    isOpen = false
  }
  return {
    close,
    write: (text) => {
      try {
        ftruncateSync(fd, 0)
        const bytes = Buffer.from(text)
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
      } catch (error) {
        fail(error)
      } finally {
        close()
      }
    },
  }
}
