import { parseArgs } from 'node:util'
import { unpackExport } from './unpack.ts'

// This file runs as a separate process, so that a damaged archive cannot use up the caller's memory. The caller waits
// for this process.
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
