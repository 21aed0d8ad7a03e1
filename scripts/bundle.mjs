// @ts-check
// Bundles the package's entry into one file. Bundles the command line into one file for each command, and files that
// several commands share. A bundle has only the used parts of its dependencies. Node reads and links each module
// separately. For a hundred small modules that takes longer than to run them, and Node reads a large module as a whole.
// Koffi has native code, and Vitest is the user's own, so both stay outside.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { build } from 'rolldown'

const dist = resolve(process.argv[2] ?? 'dist')

// Both folders are one below dist, like the modules that look for the policies and for package.json.
await bundle({ input: 'src/index.ts' }, join(dist, 'bundle'))
await bundle(
  { input: 'src/cli/main.ts', plugins: [{ name: 'environment', resolveId: environmentModule }] },
  join(dist, 'cli'),
)

/**
 * @param {import('rolldown').InputOptions} options
 * @param {string} directory
 */
async function bundle(options, directory) {
  const { output } = await build({
    ...options,
    platform: 'node',
    external: ['koffi', /^vitest(\/|$)/],
    logLevel: 'warn',
    output: { dir: directory, format: 'esm', cleanDir: true, chunkFileNames: '[name].js' },
  })
  writeLicenses(
    output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : [])),
    directory,
  )
  // The watch's thread is a separate program; its starter looks for it in its own folder.
  cpSync(join(dist, 'limits/watch/thread'), join(directory, 'thread'), {
    recursive: true,
    filter: (path) => !path.endsWith('.d.cts'),
  })
}

/**
 * Keeps src/environment out of the command line's bundle. Its modules find each other by their places in dist, and
 * Vitest's configuration loads the same modules.
 *
 * @param {string} source
 */
function environmentModule(source) {
  const [, module] = /^(?:\.\.\/)+(environment\/.*)\.ts$/.exec(source) ?? []
  return module === undefined ? undefined : { id: `../${module}.js`, external: true }
}

/**
 * Writes the licenses of the packages whose code a bundle contains, because a license must accompany its code.
 *
 * @param {readonly string[]} modules paths
 * @param {string} directory
 */
function writeLicenses(modules, directory) {
  const dependencies = new Set(modules.flatMap((id) => packageOf(id) ?? []))
  const notices = [...dependencies].sort().map((dependency) => {
    const { name, version } = JSON.parse(readFileSync(join(dependency, 'package.json'), 'utf8'))
    const license = readdirSync(dependency).find((file) => /^licen[cs]e/i.test(file))
    if (license === undefined) throw new Error(`${name} has no license file in ${dependency}`)
    return `${name} ${version}\n\n${readFileSync(join(dependency, license), 'utf8').trim()}\n`
  })
  writeFileSync(
    join(directory, 'LICENSES.txt'),
    `The files of this folder contain code of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
  )
}

/** @param {string} module a path */
function packageOf(module) {
  const parts = module.split(sep)
  const at = parts.lastIndexOf('node_modules')
  if (at < 0) return undefined
  return parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join(sep)
}
