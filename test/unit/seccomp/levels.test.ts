import { describe, expect, test } from 'vitest'
import { loadPolicy } from '../../../src/policy/load.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { noRules } from '../../../src/seccomp/guard/guard.ts'
import { confinedRules } from '../../../src/seccomp/guard/levels.ts'
import { withRules } from '../../../src/seccomp/guard/with-rules.ts'

const { seccomp = noRules } = loadPolicy('strict')

describe('the filter of a run without namespaces', () => {
  test.each([
    ['root', 7],
    ['root', 1],
    ['user', 7],
    ['user', 1],
  ] as const)(
    'compiles with and without a policy: as %s, Landlock %d',
    (as, landlockAbi) => {
      for (const own of [seccomp, noRules]) {
        for (const arch of ['x64', 'arm64'] as const) {
          const rules = withRules(
            own,
            confinedRules({ as, landlockAbi, showsChangeable: true }),
            arch,
          )
          expect(compileSeccomp(rules, { notify: true, arch }).length).toBeGreaterThan(8)
        }
      }
    },
    60_000,
  )

  test('lets no program watch directories that it may not list', () => {
    const { rules } = withRules(
      noRules,
      confinedRules({ as: 'root', landlockAbi: 7, showsChangeable: false }),
      'x64',
    )
    const actions = ['inotify_init', 'inotify_init1', 'fanotify_init'].map(
      (name) => rules.find(({ syscalls }) => syscalls.includes(name))?.action,
    )
    expect(actions).toEqual(['errno:ENOSYS', 'errno:ENOSYS', 'errno:ENOSYS'])
  })

  test('kills for the calls that the policy kills for', () => {
    const { rules } = withRules(
      seccomp,
      confinedRules({ as: 'root', landlockAbi: 7, showsChangeable: false }),
      'x64',
    )
    const first = rules.findIndex(({ syscalls }) => syscalls.includes('socket'))
    expect(rules[first]).toMatchObject({
      action: 'errno:EACCES',
      conditions: [{ value: 'AF_UNIX' }],
    })
    const kills = rules.find(
      ({ action, syscalls, conditions }) =>
        action === 'kill' && syscalls.includes('socket') && conditions === undefined,
    )
    expect(kills).toBeDefined()
  })

  test('gives an error to a program whose policy allows Internet sockets by a rule, and kills any other', () => {
    const actionFor = (own: typeof seccomp) =>
      withRules(
        own,
        confinedRules({ as: 'root', landlockAbi: 7, showsChangeable: false }),
        'x64',
      ).rules.find(
        ({ syscalls, conditions }) =>
          syscalls.includes('socket') && conditions?.[0]?.value === 'AF_INET',
      )?.action
    expect(actionFor(loadPolicy('java').seccomp ?? noRules)).toBe('errno:EAFNOSUPPORT')
    expect(actionFor(noRules)).toBe('kill')
  })
})
