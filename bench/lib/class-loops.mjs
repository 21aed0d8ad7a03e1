// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./class-project.mjs').ClassLanguage} ClassLanguage */

export const JOBS = 2

const system = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'].filter(existsSync)

/**
 * A shell loop over the class, two submissions at once: it builds each, runs every case, and compares the output. When an
 * output is wrong, the loop ends with an error. No contestant is therefore fast because it did nothing.
 *
 * @param {ClassLanguage} language
 * @param {string} run starts the program of `$1`, whose folder is the current one
 */
const loop = ({ build }, run) => `
set -eu
ls -d "$PWD"/submissions/* | xargs -P ${JOBS} -n 1 sh -euc '
  ${build}
  cd "$1"
  for input in ../../cases/*.in; do
    ${run} < "$input" > output
    cmp -s output "\${input%.in}.ans"
  done' sh
`

/**
 * The loops that work on this machine, by the program that runs the submissions. Compilers always run bare.
 *
 * @param {ClassLanguage} language
 * @param {string} folder
 * @returns {Record<string, string>}
 */
export function shellLoops(language, folder) {
  const { command } = language
  const bwrap = [
    'bwrap --unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup --die-with-parent',
    ...system.map((path) => `--ro-bind ${path} ${path}`),
    `--proc /proc --dev /dev --tmpfs /tmp --ro-bind "$1" /work --chdir /work ${command}`,
  ].join(' ')
  const sandboxed = {
    bwrap,
    runc: `runc run --bundle "$1/../../bundles/\${1##*/}" "bench-$$-\${input##*/}"`,
  }
  /** @type {Record<string, string>} */
  const loops = { 'bare programs': loop(language, command) }
  for (const [name, run] of Object.entries(sandboxed)) {
    if (name === 'runc') makeBundles(language, folder)
    // Runs one case of one submission, to check whether the loop works here.
    const trial = `set -eu; set -- "$PWD/submissions/s0"; ${language.build}; input=../../cases/0.in; cd "$1"; ${run} < $input | cmp - ../../cases/0.ans`
    const { status, stderr, error } = spawnSync('sh', ['-c', trial], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status === 0) loops[name] = loop(language, run)
    else console.log(`NOT COMPARED: ${name}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
  }
  return loops
}

/**
 * An OCI bundle per submission, with the same namespaces and mounts as bwrap gets.
 *
 * @param {ClassLanguage} language
 * @param {string} folder
 */
function makeBundles({ command }, folder) {
  for (const name of readdirSync(join(folder, 'submissions'))) {
    const submission = join(folder, 'submissions', name)
    const bundle = join(folder, 'bundles', name)
    mkdirSync(join(bundle, 'rootfs'), { recursive: true })
    const bind = (/** @type {string} */ source, destination = source) => ({
      ...{ source, destination, type: 'bind', options: ['rbind', 'ro'] },
    })
    const config = {
      ociVersion: '1.0.2',
      process: {
        user: { uid: 0, gid: 0 },
        args: command.split(' '),
        env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
        cwd: '/work',
        noNewPrivileges: true,
      },
      root: { path: 'rootfs' },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
        { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev'] },
        ...system.map((path) => bind(path)),
        bind(submission, '/work'),
      ],
      linux: {
        namespaces: ['pid', 'mount', 'network', 'ipc', 'uts'].map((type) => ({ type })),
      },
    }
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config))
  }
}
