import { execFileSync } from 'node:child_process'

/** Makes a FIFO, for which Node has no call. */
export function mkfifoSync(path: string): void {
  execFileSync('mkfifo', [path])
}
