import { describe, expect, test } from 'vitest'
import { languages } from '../../../src/grading/languages/language-table.ts'
import { lacks, lacksRoot } from '../support/tools.ts'
import { type CliOptions, gradebox } from './cli.ts'
import { addedInContainers, deniedByDefault } from './container-filter.ts'

interface Finding {
  readonly id: string
  readonly state: string
  readonly detail: string
  readonly fixes?: Readonly<Record<string, string>>
}

/** The findings of doctor, as JSON, and its exit code. */
function diagnose(options: CliOptions = {}) {
  const { code, stdout, stderr } = gradebox(['doctor', '--json', '--no-languages'], options)
  expect(stderr).toBe('')
  const { ok, environments, findings } = JSON.parse(stdout) as {
    readonly ok: boolean
    readonly environments: readonly string[]
    readonly findings: readonly Finding[]
  }
  const found = (id: string): Finding => {
    const finding = findings.find((each) => each.id === id)
    if (finding === undefined) throw new Error(`Nothing was found of ${id}`)
    return finding
  }
  return { code, ok, environments, findings, found }
}

/**
 * Runs in a user namespace of its own, in which this process has every capability. Root does not make the namespace,
 * because root would be its only user, and the product refuses to run programs as root to the kernel.
 */
const inUserNamespace = [
  ...(process.getuid?.() === 0
    ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups']
    : []),
  ...['unshare', '--user', '--map-root-user'],
]
/** Runs a command before the program. */
const after = (...commands: readonly string[]) => [
  'sh',
  '-c',
  `${commands.join(' && ')} && exec "$0" "$@"`,
]

describe('doctor', () => {
  test('finds that everything that these tests need works here', () => {
    const { code, ok, findings } = diagnose()
    expect({ code, ok }).toEqual({ code: 0, ok: true })
    const essential = findings.filter(({ id }) => id !== 'cgroup')
    expect(essential.map(({ id, state }) => `${id}: ${state}`)).toEqual([
      'platform: works',
      'koffi: works',
      'kernel: works',
      'memfd: works',
      'libseccomp: works',
      'namespaces: works',
      'network: works',
      'proc: works',
      'overlay: works',
      'read-write: works',
      'seccomp: works',
      'policy-kiss: works',
      'policy-strict: works',
      'landlock: works',
      'isolation-full: works',
      'isolation-nested: works',
      'isolation-confined: works',
    ])
  })

  test('prints one line for each check, and a verdict', () => {
    const { stdout } = gradebox(['doctor', '--no-languages'])
    expect(stdout).not.toContain('Python')
    expect(stdout).toMatch(/^works +platform +Linux on (x64|arm64)$/m)
    expect(stdout).toMatch(/^works +libseccomp +version 2\.\d+\.\d+$/m)
    expect(stdout.trim().split('\n').at(-1)).toBe('The default policy can be enforced whole.')
  })

  test('lists the languages of submissions, with versions or what to install', {
    timeout: 120_000,
  }, () => {
    const { stdout } = gradebox(['doctor'])
    expect(stdout).toMatch(/^works {4}shell +GNU bash, version /m)
    expect(stdout).toMatch(/^works {4}make +GNU Make /m)
    const listed = stdout.split('\n').filter((line) => /^(?:works|missing) {2,4}\S/.test(line))
    const titles = Object.values(languages).map(({ title }) => title)
    expect(titles.filter((title) => !listed.some((line) => line.includes(` ${title} `)))).toEqual(
      [],
    )
  })

  test('knows which kind of machine it runs on', () => {
    const { environments } = diagnose({ env: { GITHUB_ACTIONS: 'true', GITLAB_CI: 'true' } })
    expect(environments).toEqual(expect.arrayContaining(['github-actions', 'gitlab-ci']))
    const kubernetes = diagnose({ env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } })
    expect(kubernetes.environments[0]).toBe('kubernetes')
  })
})

describe.skipIf(lacks('unshare') || lacks('setpriv'))('a machine that', () => {
  test('turns user namespaces off: doctor names the setting', () => {
    const by = [...inUserNamespace, ...after('echo 0 > /proc/sys/user/max_user_namespaces')]
    const { code, ok, found } = diagnose({ by })
    expect({ code, ok }).toEqual({ code: 1, ok: false })
    expect(found('namespaces')).toMatchObject({
      state: 'fails',
      detail: expect.stringMatching(/^unshare\(.*\): ENOSPC: .*; user\.max_user_namespaces is 0$/),
      fixes: {
        machine: 'sudo sysctl -w user.max_user_namespaces=15000',
        kubernetes: 'on the node: sudo sysctl -w user.max_user_namespaces=15000',
      },
    })
    expect(found('proc')).toEqual({
      id: 'proc',
      title: '/proc',
      state: 'untried',
      detail: 'no sandbox can be made',
    })
    expect(found('policy-strict').state).toBe('untried')
    const { stdout } = gradebox(['doctor'], { by, env: { GITLAB_CI: 'true' } })
    expect(stdout).toContain(
      "  fix (GitLab CI): on the runner's host: sudo sysctl -w user.max_user_namespaces=15000\n",
    )
    expect(stdout.trim().split('\n').slice(-2)).toEqual([
      'The default policy cannot be enforced here.',
      'No level of isolation works here: no program can be run (docs/isolation.md).',
    ])
  })

  test('masks /proc, as Docker does: only the check of /proc fails', () => {
    const by = [...inUserNamespace, '--mount', ...after('mount -t tmpfs none /proc/fs')]
    const { code, found } = diagnose({ by })
    expect(code).toBe(1)
    expect(found('namespaces').state).toBe('works')
    expect(found('proc')).toMatchObject({
      state: 'fails',
      detail: expect.stringMatching(/^mount\("proc" -> "\/proc".*EPERM/),
      fixes: {
        docker: '--security-opt systempaths=unconfined',
        podman: '--security-opt unmask=ALL',
      },
    })
    expect(found('policy-strict').state).toBe('fails')
    expect(['full', 'nested'].map((level) => found(`isolation-${level}`).state)).toEqual([
      'fails',
      'works',
    ])
    const { stdout } = gradebox(['doctor', '--no-languages'], { by })
    expect(stdout.trim().split('\n').at(-1)).toBe(
      'isolation: "nested" works here; with it programs see the list and the command lines of the processes in this container (docs/isolation.md).',
    )
  })

  test('gives root neither CAP_SYS_ADMIN nor CAP_NET_ADMIN, as a container does: every check succeeds', (context) => {
    if (lacksRoot('a process without capabilities')) return context.skip()
    const without = '-sys_admin,-net_admin'
    const by = ['setpriv', `--bounding-set=${without}`, `--inh-caps=${without}`]
    const { code, found } = diagnose({ by })
    expect(code).toBe(0)
    for (const id of ['namespaces', 'network', 'proc', 'policy-strict']) {
      expect(found(id).state).toBe('works')
    }
  })

  test.skipIf(lacks('python3'))(
    'forbids user namespaces by a seccomp filter, as a container does',
    () => {
      const by = [...inUserNamespace, 'python3', '-c', forbidding, JSON.stringify(deniedByDefault)]
      const { code, found } = diagnose({ by })
      expect(code).toBe(1)
      expect(found('namespaces')).toMatchObject({
        state: 'fails',
        detail: expect.stringMatching(/CLONE_NEWUSER.*EPERM.*; under a seccomp filter$/),
        fixes: {
          docker: expect.stringContaining('--security-opt seccomp=gradebox-seccomp.json'),
          kubernetes: expect.stringContaining('seccompProfile'),
          'gitlab-ci': expect.stringContaining('shell executor'),
        },
      })
    },
  )

  test.skipIf(lacks('python3'))(
    'has that filter with the additions of docs/containers.md: every check succeeds',
    () => {
      const denied = deniedByDefault.filter((name) => !addedInContainers.includes(name))
      const by = [...inUserNamespace, 'python3', '-c', forbidding, JSON.stringify(denied)]
      const { code, ok, findings } = diagnose({ by })
      // This user namespace has one id.
      const expected = ['cgroup', 'isolation-confined']
      const others = findings.filter(({ id, state }) => state !== 'works' && !expected.includes(id))
      expect(others).toEqual([])
      expect({ code, ok }).toEqual({ code: 0, ok: true })
    },
  )

  test('cannot stack overlays higher: copies take their place, and everything else works', () => {
    const layer = (lower: string, number: number) =>
      `mkdir u${number} w${number} m${number} && mount -t overlay -o userxattr,lowerdir=${lower},upperdir=u${number},workdir=w${number} overlay m${number}`
    const steps = ['mount -t tmpfs none /mnt', 'cd /mnt', 'mkdir l', layer('l', 1), layer('m1', 2)]
    const by = [...inUserNamespace, '--mount', ...after(...steps, 'export TMPDIR=/mnt/m2')]
    const { code, found } = diagnose({ by })
    expect(found('overlay')).toMatchObject({
      state: 'weaker',
      detail: 'the kernel refuses an overlay of /mnt/m2: each run copies its working directory',
    })
    expect(code).toBe(0)
  })

  test('can execute no program in memory: a file takes its place', (context) => {
    if (lacksRoot('vm.memfd_noexec')) return context.skip()
    const pids = ['--pid', '--fork', '--mount-proc']
    // The directory belongs to this test alone, because no other test may leave such a file.
    const files = ['mount -t tmpfs none /mnt', 'export TMPDIR=/mnt']
    const forbid = 'echo 2 > /proc/sys/vm/memfd_noexec'
    const by = ['unshare', ...pids, ...after(...files, forbid)]
    const { code, found } = diagnose({ by })
    expect(found('memfd')).toMatchObject({
      state: 'weaker',
      detail: 'vm.memfd_noexec forbids it, so a temporary file is executed',
    })
    expect(code).toBe(0)
  })
})

/**
 * Forbids the calls that a JSON list names with EPERM (clone(2) only with CLONE_NEWUSER). Then it becomes the program.
 */
const forbidding = `
import ctypes, json, os, sys
class Compare(ctypes.Structure):
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]
library = ctypes.CDLL('libseccomp.so.2')
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(0x7fff0000))
MASKED_EQ, CLONE_NEWUSER = 7, 0x10000000
for name in json.loads(sys.argv[1]):
    number = library.seccomp_syscall_resolve_name(name.encode())
    assert number >= 0, name
    rule = Compare(0, MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)
    count = 1 if name == 'clone' else 0
    assert library.seccomp_rule_add_array(context, 0x00050001, number, count, ctypes.byref(rule)) == 0
assert library.seccomp_load(context) == 0
os.execvp(sys.argv[2], sys.argv[2:])
`
