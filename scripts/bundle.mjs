// @ts-check
// Makes one file of the package's entry, and of what it uses of its dependencies: Node reads and links each module
// of a graph on its own, which for a hundred small ones takes longer than running them, and reads all of a large
// one of which little is used. Koffi has native code, and stays where it is.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { build } from 'rolldown'

const { output } = await build({
  input: 'dist/index.js',
  platform: 'node',
  external: ['koffi'],
  logLevel: 'warn',
  // One folder below dist, as the modules that look for the policies' folder are.
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true },
})

// Their licenses want to be where their code is.
const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []))
const dependencies = new Set(modules.flatMap((id) => packageOf(id) ?? []))
const notices = [...dependencies].sort().map((directory) => {
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const license = readdirSync(directory).find((file) => /^licen[cs]e/i.test(file))
  if (license === undefined) throw new Error(`${name} has no license file in ${directory}`)
  return `${name} ${version}\n\n${readFileSync(join(directory, license), 'utf8').trim()}\n`
})
writeFileSync(
  'dist/bundle/LICENSES.txt',
  `index.js contains code of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
)

// The watch's thread is a program of its own, which its starter finds beside itself.
cpSync('dist/limits/watch/thread', 'dist/bundle/thread', {
  recursive: true,
  filter: (path) => !path.endsWith('.d.cts'),
})

/** @param {string} module a path */
function packageOf(module) {
  const parts = module.split(sep)
  const at = parts.lastIndexOf('node_modules')
  if (at < 0) return undefined
  return parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join(sep)
}
