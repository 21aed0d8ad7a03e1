import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** The name under which engines have the image. */
export const IMAGE = 'gradebox-test'

const DIRECTORIES = ['usr', 'etc', 'root', 'run', 'gradebox', 'programs', 'dev', 'proc', 'sys']
const PUBLIC = ['tmp', 'var/tmp']

const STUDENT = 1000

/**
 * Makes the parts of a system outside /usr. The containers take /usr from the host.
 *
 * @param firstId the host's id for the container's root
 */
export function makeImage(root: string, firstId = 0): void {
  for (const path of [...DIRECTORIES, ...PUBLIC, 'home/student']) {
    mkdirSync(join(root, path), { recursive: true, mode: 0o755 })
  }
  for (const path of PUBLIC) chmodSync(join(root, path), 0o1777)
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (existsSync(`/usr/${name}`)) symlinkSync(`usr/${name}`, join(root, name))
  }
  const passwd = 'root:x:0:0::/root:/bin/sh\nstudent:x:1000:1000::/home/student:/bin/sh\n'
  writeFileSync(join(root, 'etc/passwd'), passwd)
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nstudent:x:1000:\n')
  writeFileSync(join(root, 'etc/shadow'), 'root:*:1:0:99999:7:::\n', { mode: 0o600 })
  for (const path of ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
    const id = firstId + (path === 'home/student' ? STUDENT : 0)
    lchownSync(join(root, path), id, id)
  }
}
