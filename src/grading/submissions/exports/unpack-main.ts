import { parseArgs } from 'node:util'
import { unpackExport } from './unpack.ts'

// A separate process reads archives. The caller waits for it, and a damaged archive cannot use up the
// caller's memory.
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { extension: { type: 'string', multiple: true, default: [] } },
})
const [source = '', into = ''] = positionals
const isSource = (name: string) =>
  values.extension.some((ending) => name.endsWith(ending) || name === ending)

try {
  process.stdout.write(JSON.stringify({ submissions: await unpackExport(source, into, isSource) }))
} catch (error) {
  process.stdout.write(
    JSON.stringify({ error: error instanceof Error ? error.message : String(error) }),
  )
}
