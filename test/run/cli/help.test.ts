import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shippedPolicies } from '../../../src/policy/shipped.ts'
import { makeDirectory } from '../support/directory.ts'
import { lacks } from '../support/tools.ts'
import { gradebox, stable } from './cli.ts'

const commands = [
  'grade',
  'merge',
  'diff',
  'calibrate',
  'init',
  'run',
  'explain',
  'doctor',
  'learn',
  'policies',
  'check',
  'completion',
]

test('--help lists the commands, and each command has its own help', () => {
  const { code, stdout, stderr } = gradebox(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: gradebox [options] [command]

    Runs untrusted programs in Linux sandboxes.

    Options:
      -V, --version                     print the version
      -h, --help                        print help

    Commands:
      grade [options] [assignment]      grade the submissions of an assignment
      merge [options] <report...>       join the reports of shards
      diff <before> <after>             show what changed between two reports
      calibrate [options] [assignment]  propose limits from reference solutions
      init [options] [folder]           write a new assignment
      run [options] [command...]        run a command in a sandbox
      explain [options] [command...]    show what a run would do
      doctor [options]                  find out what this machine can enforce
      learn [options] <command...>      write the smallest policy that lets a
                                        program pass
      policies [options]                list the shipped policies
      check <file...>                   validate a policy
      completion <shell>                print a completion script for a shell
      help [command]                    print help for a command
    "
  `)
  for (const command of commands) {
    const help = gradebox([command, '--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain(`Usage: gradebox ${command}`)
    expect(gradebox(['help', command]).stdout).toBe(help.stdout)
  }
})

test('--version prints the version of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(gradebox(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('without a command, help goes to stderr', () => {
  const { code, stdout, stderr } = gradebox([])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Usage: gradebox')
})

test('a reader that closes early causes no error', () => {
  const by = ['sh', '-c', '"$@" explain --json -- true | head -c 1; "$@" help run | head -c 1', '-']
  expect(gradebox([], { by })).toEqual({ code: 0, stdout: '{U', stderr: '' })
})

test('a misspelt command or flag gets a suggestion', () => {
  const wrong = [
    ['rnu'],
    ['doctr'],
    ['run', '--work-dri', '/tmp'],
    ['explain', '--jsn'],
    ['doctor', '--jso'],
  ]
  const runs = wrong.map((args) => gradebox(args))
  expect(runs.map(({ code }) => code)).toEqual([2, 2, 125, 125, 2])
  expect(runs.map(({ stderr }) => stderr).join('')).toMatchInlineSnapshot(`
    "error: unknown command 'rnu'
    (Did you mean run?)
    error: unknown command 'doctr'
    (Did you mean doctor?)
    error: unknown option '--work-dri'
    (Did you mean --work-dir?)
    error: unknown option '--jsn'
    (Did you mean --json?)
    error: unknown option '--jso'
    (Did you mean --json?)
    "
  `)
})

describe('colours', () => {
  const colour = '\u001b['
  test('are absent in files and pipes', () => {
    expect(gradebox(['policies']).stdout).not.toContain(colour)
    expect(gradebox(['run', '--nope']).stderr).not.toContain(colour)
  })

  test('can be forced, and NO_COLOR wins', () => {
    const forced = { FORCE_COLOR: '1' }
    expect(gradebox(['policies'], { env: forced }).stdout).toContain(colour)
    expect(gradebox(['--help'], { env: forced }).stdout).toContain(colour)
    expect(gradebox(['run', '--nope'], { env: forced }).stderr).toContain(colour)
    const both = { ...forced, NO_COLOR: '1' }
    expect(gradebox(['policies'], { env: both }).stdout).not.toContain(colour)
  })
})

describe('policies', () => {
  test('are listed with their descriptions', () => {
    const lines = gradebox(['policies']).stdout.trim().split('\n')
    expect(lines.map((line) => line.split(' ')[0])).toEqual(shippedPolicies())
    expect(lines).toContainEqual(expect.stringMatching(/^kiss .*\(gradebox run's default\)$/))
    expect(lines).toContainEqual(expect.stringMatching(/^strict .*\(sandboxed\(\)'s default\)$/))
  })

  test('are printed as JSON too', () => {
    const list = JSON.parse(gradebox(['policies', '--json']).stdout)
    expect(list.map(({ name }: { name: string }) => name)).toEqual(shippedPolicies())
    expect(list[0]).toEqual({
      name: 'c',
      description: expect.stringContaining('compiling'),
      path: expect.stringMatching(/policies\/c\.toml$/),
    })
  })
})

describe('check', () => {
  test('says that a policy is valid, and describes it', () => {
    const { code, stdout } = gradebox(['check', 'kiss', 'fixtures/policies/hakoniwa/c.toml'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^valid kiss: \d+ mounts, \d+ limits, network loopback, no seccomp filter\n/,
    )
  })

  test('shows each problem with its place, and continues', () => {
    const directory = makeDirectory({
      'bad.toml': 'uidd = 3\n',
      'mount.toml': 'mounts = [{ source = "/no/such", target = "/x" }]\n',
      'good.toml': '',
    })
    const files = ['bad.toml', 'mount.toml', 'none.toml', 'good.toml']
    const run = gradebox(['check', ...files], { cwd: directory })
    expect(run.code).toBe(1)
    expect(stable(run.stderr).replaceAll(directory, 'DIR')).toMatchInlineSnapshot(`
      "error: Invalid policy DIR/bad.toml:1:1: unknown key "uidd"; did you mean "uid"?
        > 1 | uidd = 3
            | ^
        see: docs/errors.md#policy_invalid
      error: The mount source "/no/such" (target "/x", policy "DIR/mount.toml") does not exist on this host
        hint: Correct the path, or mark the mount \`optional = true\` if programs can do without it.
        see: docs/errors.md#mount_failed
      error: Invalid policy DIR/none.toml: there is no such file
        see: docs/errors.md#policy_invalid
      "
    `)
    expect(run.stdout).toContain('valid good.toml: 0 mounts')
  })
})

describe('completion', () => {
  function script(shell: string): string {
    const path = join(makeDirectory(), `gradebox.${shell}`)
    writeFileSync(path, gradebox(['completion', shell]).stdout)
    return path
  }

  const complete = (words: string, file: string) => {
    const program = `source ${file}; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _gradebox; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', program], { encoding: 'utf8' }).stdout.trim().split('\n')
  }

  test.skipIf(lacks('bash'))('in bash: commands, flags, policies and programs', () => {
    const file = script('bash')
    expect(complete('gradebox ru', file)).toEqual(['run'])
    expect(complete('gradebox explain --limit-w', file)).toEqual(['--limit-walltime'])
    expect(complete('gradebox run --policy-file st', file)).toEqual(['strict'])
    expect(complete('gradebox check ki', file)).toEqual(['kiss'])
    expect(complete('gradebox completion z', file)).toEqual(['zsh'])
    expect(complete('gradebox run -- unam', file)).toContain('uname')
    expect(complete('gradebox run --ro-bind /etc/pass', file)).toContain('/etc/passwd')
  })

  test.skipIf(lacks('zsh'))('in zsh: the script is one that zsh loads', () => {
    const program = `autoload -U compinit; compinit -u -D; source ${script('zsh')}; print $_comps[gradebox]`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', program], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: '_gradebox\n', stderr: '' })
  })

  test.skipIf(lacks('fish'))('in fish: commands, flags and policies', () => {
    const file = script('fish')
    const asked = (line: string) =>
      spawnSync('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: makeDirectory() },
      })
        .stdout.trim()
        .split('\n')
        .map((text) => text.split('\t')[0])
    expect(asked('gradebox ru')).toEqual(['run'])
    expect(asked('gradebox run --limit-wa')).toEqual(['--limit-walltime'])
    expect(asked('gradebox check stri')).toContain('strict')
  })

  test('of another shell is refused', () => {
    expect(gradebox(['completion', 'tcsh'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "error: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\n",
    })
  })
})
