// Runs a program that nests 5,000 directories, and prints which directories of runs stay.
import { readdirSync } from 'node:fs'
import { sandboxed } from '/gradebox/dist/index.js'

const { status } = await sandboxed('python3', ['fill.py', 'tree'], {
  isolation: 'confined',
  workdir: '/programs',
  limits: { disk: '64MiB', walltime: '120s' },
})
const directories = readdirSync('/tmp').filter((name) => name.startsWith('gradebox-confined'))
console.log(JSON.stringify({ status, directories }))
