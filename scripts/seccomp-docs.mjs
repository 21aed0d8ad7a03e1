// @ts-check
// Writes the groups of system calls into docs/seccomp.md. Usage: npm run seccomp-docs
import { readFileSync, writeFileSync } from 'node:fs'
import { syscallNumber } from '../dist/linux/syscalls.js'
import { syscallGroups } from '../dist/seccomp/rules/groups.js'
import { documentGroups } from './group-table.mjs'

const path = new URL('../docs/seccomp.md', import.meta.url)
const groups = { syscallGroups, syscallNumber }
writeFileSync(path, documentGroups(readFileSync(path, 'utf8'), groups))
