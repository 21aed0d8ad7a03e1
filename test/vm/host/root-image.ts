import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { bootProgram } from './boot-program.ts'
import type { Kernel } from './kernel.ts'

const repository = resolve(import.meta.dirname, '../../..')
const SIZE = '256M'

/** The commands of the machine in addition to Node: for the settings, and for the programs under test. */
const commands = [
  ...['sh', 'true', 'cat', 'sleep', 'ls', 'head', 'echo', 'env', 'mkdir', 'chown', 'chmod'],
  ...['ln', 'readlink', 'mount', 'umount', 'setpriv', 'unshare', 'bwrap'],
]
/** Programs of fixtures/programs, which are linked statically. */
const programs = ['call', 'escape', 'burn-cpu', 'multiply', 'use-memory']

/**
 * Makes the file system of the virtual machines: Node, this package as it is built, and the checks.
 *
 * @param kernels whose overlayfs modules it has
 */
export function makeRootImage(directory: string, kernels: readonly Kernel[]): string {
  const root = join(directory, 'root')
  makeTree(root)
  for (const command of commands) installProgram(root, which(command))
  installProgram(root, process.execPath, '/usr/bin/node')
  installFile(root, libraryPath('libseccomp.so.2'))
  compilePrograms(root)
  installPackage(root)
  for (const { release, overlay } of kernels) {
    writeFileSync(join(root, `gradebox/overlay-${release}.ko`), overlay)
  }
  writeBootProgram(root)
  const image = join(directory, 'root.ext4')
  // The file system needs no journal, because no one will recover it.
  const options = ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-E', 'root_owner=0:0']
  execFileSync('mke2fs', [...options, '-d', root, image, SIZE], { stdio: 'pipe' })
  return image
}

function makeTree(root: string): void {
  const directories = ['proc', 'sys', 'dev', 'tmp', 'run', 'root', 'etc', 'var/grading', 'gradebox']
  for (const path of [...directories, 'usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64']) {
    mkdirSync(join(root, path), { recursive: true })
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nuser:x:1000:\n')
}

const which = (command: string): string =>
  execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' })
    .trim()
    .replace(/^([^/].*)$/, '/bin/$1')

const libraryPath = (name: string): string => {
  const table = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
  const path = new RegExp(`^\\s*${name.replaceAll('.', '\\.')} .*x86-64.* => (\\S+)$`, 'm').exec(
    table,
  )?.[1]
  if (path === undefined) throw new Error(`ldconfig -p knows no ${name}`)
  return path
}

function installFile(root: string, source: string, target = source): void {
  // /lib and /bin are links to /usr in the image, whatever they are on this host.
  const path = join(root, target.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/'))
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(realpathSync(source), path)
}

function installProgram(root: string, source: string, target = source): void {
  installFile(root, source, target)
  const libraries = execFileSync('ldd', [source], { encoding: 'utf8' })
  for (const [, path = ''] of libraries.matchAll(/(\/\S+) \(0x/g)) installFile(root, path)
}

function compilePrograms(root: string): void {
  const sources = [
    ...programs.map((name) => join(repository, 'fixtures/programs', `${name}.c`)),
    join(repository, 'test/vm/guest/with-filter.c'),
  ]
  for (const source of sources) {
    const name = source.replace(/.*\/(.*)\.c$/, '$1')
    const flags = ['-O1', '-Wall', '-Werror', '-static', '-pthread']
    execFileSync('gcc', [...flags, '-o', join(root, 'usr/bin', name), source])
  }
}

function installPackage(root: string): void {
  const target = join(root, 'gradebox')
  for (const path of ['dist', 'policies', 'package.json']) {
    cpSync(join(repository, path), join(target, path), { recursive: true })
  }
  for (const path of runtimeModules()) {
    cpSync(join(repository, path), join(target, path), { recursive: true, dereference: true })
  }
  const guest = 'test/vm/guest'
  mkdirSync(join(target, guest), { recursive: true })
  for (const script of ['prelude.sh', 'with-own-cgroups.sh']) {
    copyFileSync(join(repository, guest, script), join(target, guest, script))
  }
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const project = join(repository, 'test/vm/guest/tsconfig.json')
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', join(target, 'test/vm')], {
    stdio: 'inherit',
  })
}

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * The installed packages that the built one needs, as paths in the repository. npm installs them in one flat directory.
 */
function runtimeModules(): string[] {
  const found = new Set<string>()
  const visit = (path: string) => {
    const text = readFileSync(join(repository, path, 'package.json'), 'utf8')
    const { dependencies, optionalDependencies } = JSON.parse(text) as PackageJson
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const module = `node_modules/${name}`
      if (found.has(module) || !existsSync(join(repository, module))) continue
      found.add(module)
      visit(module)
    }
  }
  visit('.')
  return [...found]
}

function writeBootProgram(root: string): void {
  const path = join(root, 'usr/sbin/init')
  writeFileSync(path, bootProgram('x64', ['/usr/bin/node', '/gradebox/test/vm/guest/main.js']))
  chmodSync(path, 0o755)
}
