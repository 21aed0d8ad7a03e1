// @ts-check
// Writes the groups of system calls into docs/seccomp.md. Usage: npm run seccomp-docs
import { readFileSync, writeFileSync } from 'node:fs'
import { documentGroups } from '../dist/seccomp/rules/group-table.js'

const path = new URL('../docs/seccomp.md', import.meta.url)
writeFileSync(path, documentGroups(readFileSync(path, 'utf8')))
