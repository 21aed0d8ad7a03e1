import { readFileSync, statSync } from 'node:fs'

/** Returns a text that identifies a file and the version of its content. The function does not read the file. */
function fileVersion(path: string): string {
  const { mtimeMs, size, ino } = statSync(path)
  return `${mtimeMs} ${size} ${ino}`
}

/** The files and variables from which a policy was made. */
export class TemplateInputs {
  readonly #files = new Map<string, string>()
  readonly #variables = new Map<string, string | undefined>()

  /**
   * Reads a file.
   *
   * @throws {NodeJS.ErrnoException}
   */
  readFile(path: string): Uint8Array {
    this.#files.set(path, fileVersion(path))
    return readFileSync(path)
  }

  variable(name: string): string | undefined {
    const value = process.env[name]
    this.#variables.set(name, value)
    return value
  }

  /** Whether all recorded files and variables are unchanged. */
  areCurrent(): boolean {
    for (const [name, value] of this.#variables) if (process.env[name] !== value) return false
    try {
      for (const [path, version] of this.#files) if (fileVersion(path) !== version) return false
    } catch {
      return false
    }
    return true
  }
}
