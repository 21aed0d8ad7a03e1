// Usage: node exec-under-filter.mjs FILTER PROGRAM [ARGUMENT...] Becomes the program, under the BPF filter in a file.
// Needs no privilege.
import { readFileSync } from 'node:fs'
import koffi from 'koffi'

// linux/prctl.h, linux/seccomp.h
const PR_SET_SECCOMP = 22
const PR_SET_NO_NEW_PRIVS = 38
const SECCOMP_MODE_FILTER = 2
// asm-generic/fcntl.h
const F_SETFD = 2

const [filter, program, ...args] = process.argv.slice(2)
const libc = koffi.load(null)
const prctl = libc.func('prctl', 'int', ['int', 'ulong', 'void *', 'ulong', 'ulong'])
const fcntl = libc.func('fcntl', 'int', ['int', 'int', 'int'])
const execvp = libc.func('execvp', 'int', ['str', 'str *'])

const code = readFileSync(filter)
// struct sock_fprog: the count, padding, a pointer
const fprog = Buffer.alloc(16)
fprog.writeUInt16LE(code.length / 8, 0)
fprog.writeBigUInt64LE(BigInt(koffi.address(code)), 8)
const argv = [program, ...args, null]

// Node opens them with O_CLOEXEC.
for (const stdio of [0, 1, 2]) fcntl(stdio, F_SETFD, 0)
if (prctl(PR_SET_NO_NEW_PRIVS, 1, null, 0, 0) !== 0) throw new Error('no_new_privs')
if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0) !== 0) throw new Error('seccomp')
execvp(program, argv)
process.exit(125)
