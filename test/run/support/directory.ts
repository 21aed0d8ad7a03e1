import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Files to make, by relative path; a name that ends in a slash is a directory. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** Makes a host directory that is removed after the test. */
export function makeDirectory(files: Files = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-test-'))
  chmodSync(directory, 0o755)
  onTestFinished(() => removeDirectory(directory))
  for (const [name, contents] of Object.entries(files)) {
    const path = join(directory, name)
    if (name.endsWith('/')) mkdirSync(path, { recursive: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, contents)
    }
  }
  return directory
}

/**
 * Gives everything in a directory to an ordinary user, because root may show only such a directory read-write.
 *
 * @returns the directory
 */
export function giveToUser(directory: string): string {
  if (process.getuid?.() === 0) execFileSync('chown', ['-hR', '1000:1000', directory])
  return directory
}

/** Removes a directory, including the parts that its modes protect. */
export function removeDirectory(directory: string): void {
  execFileSync('chmod', ['-R', 'u+rwX', directory])
  rmSync(directory, { recursive: true, force: true })
}

/** The whole contents of a host directory, byte by byte: types, modes, owners, times, links and contents. */
export function snapshot(directory: string): string {
  const list = execFileSync('find', ['.', '-printf', '%p %y %m %U:%G %n %T@ %l\\n'], {
    cwd: directory,
    encoding: 'utf8',
  })
  const sums = execFileSync('sh', ['-c', 'find . -type f -exec cksum {} + 2>&1; true'], {
    cwd: directory,
    encoding: 'utf8',
  })
  return `${list.split('\n').sort().join('\n')}\n${sums.split('\n').sort().join('\n')}`
}
