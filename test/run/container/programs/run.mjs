// Runs programs and prints their results. Argument: a list of { options, command, env } as JSON.
import { sandboxed } from '/gradebox/dist/index.js'

const results = []
for (const { options = {}, command = ['true'], env = {} } of JSON.parse(
  process.argv[2] ?? '[{}]',
)) {
  Object.assign(process.env, env)
  const result = await sandboxed(command[0], command.slice(1), options).catch((error) => error)
  const { message, code, status, reason, stdout, stderr, isolation } = result
  results.push({ message, code, status, reason, stdout, stderr, isolation })
  for (const name of Object.keys(env)) delete process.env[name]
}
console.log(JSON.stringify(results))
