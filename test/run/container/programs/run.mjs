// Runs one program and prints its result: OPTIONS as JSON, then the command line.
import { sandboxed } from '/gradebox/dist/index.js'

const [options = '{}', command = 'true', ...args] = process.argv.slice(2)
const result = await sandboxed(command, args, JSON.parse(options)).catch((error) => error)
const { message, code, status, reason, stdout, stderr, isolation } = result
console.log(JSON.stringify({ message, code, status, reason, stdout, stderr, isolation }))
