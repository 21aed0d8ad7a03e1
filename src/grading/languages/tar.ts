/** A regular file of an archive. */
export interface ArchivedFile {
  /** Relative, without `..`. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
}

const BLOCK = 512

/**
 * The regular files of a GNU tar archive. The archive can be hostile, because a hostile build may have made it. The
 * function leaves out links, devices and paths that lead out of the folder, and stops at damaged data.
 */
export function readTar(archive: Uint8Array): ArchivedFile[] {
  const files: ArchivedFile[] = []
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK)
    const size = octal(header, 124, 12)
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + size)
    // Two empty blocks end an archive (tar(5)).
    if (header[0] === 0 || Number.isNaN(size) || bytes.length < size) break
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'L') longName = text(bytes)
    else {
      const path = normalPath(longName ?? text(header.subarray(0, 100)))
      if (path !== undefined && (type === '0' || type === '\0')) {
        files.push({ path, bytes, executable: (octal(header, 100, 8) & 0o111) !== 0 })
      }
      longName = undefined
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header.subarray(start, start + length)).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

function normalPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || parts.length === 0 || parts.includes('..')) return undefined
  return parts.join('/')
}
