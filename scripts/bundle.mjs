// @ts-check
// Makes one file of the package's entry and the used parts of its dependencies. Node reads and links each module
// separately, which takes longer for a hundred small modules than running them. It also reads all of a large module
// of which little is used. Koffi has native code, so it stays outside.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { build } from 'rolldown'

const { output } = await build({
  input: 'dist/index.js',
  platform: 'node',
  external: ['koffi'],
  logLevel: 'warn',
  // One folder below dist, like the modules that look for the policies' folder.
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true },
})

// The licenses must accompany the code.
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

// The watch's thread is a separate program; its starter looks for it in its own folder.
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
