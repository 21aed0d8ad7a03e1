import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { makeDirectory } from '../support/directory.ts'
import { bare } from '../support/policies.ts'
import { runC } from '../support/programs.ts'
import { lacks } from '../support/tools.ts'

const rule = (action: string, ...syscalls: string[]) => ({ action, syscalls })
const only = (action: string) =>
  bare({ seccomp: { default: 'allow', rules: [rule(action, 'unshare')] } })

describe.skipIf(lacks('gcc'))('a denied call', () => {
  // A program that continues prints "ends".
  test.each([
    ['plainly', 'starts\n'],
    ['handler', 'starts\n'],
    ['blocked', 'starts\n'],
    ['thread', 'starts\n'],
    ['vfork', 'starts\n'],
    ['exec', 'starts\nstarts\n'],
    ['grandchild', 'starts\n'],
  ])('made %s ends the whole run, and the result names it', async (how, stdout) => {
    const run = await runC('deny', [how], { policy: only('kill') })
    expect(run).toBeKilledBySeccomp('unshare')
    expect(run.syscall?.text).toBe('unshare(CLONE_NEWUSER)')
    expect(run.stdout).toBe(stdout)
  })

  test.each(['plainly', 'handler', 'thread', 'vfork', 'exec', 'grandchild'])(
    'made %s does not end the run where the policy allows or logs it, or answers with an error',
    async (how) => {
      for (const action of ['allow', 'errno:EPERM', 'log']) {
        const run = await runC('deny', [how], { policy: only(action) })
        expect({ action, ...run }).toMatchObject({ action, status: 'exited', exitCode: 0 })
        expect(run.stdout).toMatch(/ends\n$/)
        const logged = run.logged?.map(({ text, count }) => `${count} ${text}`)
        expect(logged).toEqual(action === 'log' ? ['1 unshare(CLONE_NEWUSER)'] : undefined)
      }
    },
  )
})

describe.skipIf(lacks('gcc'))('the reason of a kill', () => {
  const remedy = /: (seccomp\.rules = .*)$/

  test.each([
    ['socket', 'AF_INET'],
    ['socket', 'AF_PACKET'],
    ['clone-newuser', ''],
    ['unshare', ''],
    ['ptrace', ''],
    ['keyctl', ''],
    ['mount', ''],
    ['perf_event_open', ''],
  ])(
    'contains a rule that allows the call when it is pasted into the policy: %s %s',
    async (name, argument) => {
      const denied = await runC('call', [name, argument])
      expect(denied).toBeKilledBySeccomp()
      const [, toml = ''] = remedy.exec(denied.reason) ?? []
      const policy = join(makeDirectory(), 'own.toml')
      writeFileSync(policy, `extends = "strict"\n${toml}\n`)
      const allowed = await runC('call', [name, argument], { policy })
      expect(allowed.status).toBe('exited')
      expect(allowed.stdout).toMatch(/^calling\n/)
    },
  )

  test('contains such a rule for a policy of hakoniwa’s form too', async () => {
    const directory = makeDirectory({
      'list.toml': `extends = "strict"\n[seccomp]\nsyscalls = ["mkdir"]\ndismatch_action = "allow"\n`,
    })
    const list = join(directory, 'list.toml')
    const run = () => sandboxed('mkdir', ['d'], { policy: list })
    const denied = await run()
    expect(denied.reason.replace(/0x[0-9a-f]+/, '0x…')).toBe(
      `killed by seccomp: mkdir(0x…, 0777) is not in policy "${list}"; ` +
        'to allow it, add to a policy that extends it: ' +
        'seccomp.rules = [{ action = "allow", syscalls = ["mkdir"] }]',
    )
    const [, toml = ''] = remedy.exec(denied.reason) ?? []
    writeFileSync(join(directory, 'own.toml'), `extends = "./list.toml"\n${toml}\n`)
    expect(await sandboxed('mkdir', ['d'], { policy: join(directory, 'own.toml') })).toSucceed()
  })

  test('says where in a policy object the rule belongs', async () => {
    const run = await runC('deny', ['plainly'], { policy: only('kill') })
    expect(run.reason).toBe(
      'killed by seccomp: unshare(CLONE_NEWUSER) is not in policy "inline"; ' +
        'to allow it, put this first in its seccomp.rules: {"action":"allow","syscalls":["unshare"],' +
        '"conditions":[{"arg":0,"op":"eq","value":"CLONE_NEWUSER"}]}',
    )
    const added = JSON.parse(/\{.*\}$/.exec(run.reason)?.[0] ?? '')
    const seccomp = { default: 'allow', rules: [added, rule('kill', 'unshare')] }
    const allowed = await runC('deny', ['plainly'], { policy: bare({ seccomp }) })
    expect(allowed).toSucceed()
  })

  test.skipIf(process.arch !== 'x64')('says that no rule allows a 32-bit call', async () => {
    expect((await runC('call-i386')).reason).toMatch(
      /^killed by seccomp: 32-bit syscall 20\(.*\) is not in policy "strict"; no policy can allow it: it uses another machine's table of calls$/,
    )
    const run = await runC('call', ['x32'])
    expect(run.syscall).toMatchObject({ name: 'x32 syscall 39', arch: 'x32' })
  })
})
