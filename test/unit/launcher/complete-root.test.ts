import { describe, expect, test } from 'vitest'
import { DATA_ADDRESS, DATA_OFFSET } from '../../../src/launcher/machine/memory-layout.ts'
import { ENTRY } from '../../../src/launcher/plan/entry-steps.ts'
import { ownIdValues } from '../../../src/launcher/plan/identity.ts'
import { assembleRequest, makeImage } from '../../../src/runner/launch/launch.ts'
import { finish } from '../../../src/work.ts'
import { calls, completePlan, expectOrder, initSteps, root, user } from './sample-plans.ts'

const variants = [root, user].flatMap((flow) => [
  { flow, waiter: 'target' as const },
  { flow, waiter: 'init' as const },
])

describe.each(variants)(
  'an image for runs that add nothing to the root, as $flow.kind, where the $waiter waits',
  ({ flow, waiter }) => {
    const { image, request, steps } = completePlan(flow, waiter)
    const waits = steps.findIndex(
      ({ syscall, args }) => syscall === 'ppoll' && JSON.stringify(args[0]).includes('poll.go'),
    )
    const before = initSteps(steps.slice(0, waits))

    test('waits in that process, and in no other', () => {
      expect(steps[waits]?.process).toBe(waiter)
      const all = steps.filter(({ args }) => JSON.stringify(args[0])?.includes('poll.go'))
      expect(all).toEqual([steps[waits]])
    })

    test('has left the host’s root and has no privilege when it waits for its request', () => {
      expect(waits).toBeGreaterThan(0)
      expectOrder(before, [
        'pivot_root(".", ".")',
        'umount2(".", ',
        'mount("/", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
        'setns(',
        'openat(8, "sys/user/max_user_namespaces", O_WRONLY|O_CLOEXEC, 0)',
        'prctl(PR_SET_SECUREBITS',
        ...Array(3).fill('prctl(PR_CAPBSET_DROP'),
        'capset(',
        'prctl(PR_SET_NO_NEW_PRIVS, 1)',
        'prctl(PR_SET_DUMPABLE, 0)',
      ])
    })

    test('mounts nothing and changes no user afterwards', () => {
      const names = new Set(steps.slice(waits).map(({ syscall }) => syscall))
      const never = ['mount', 'move_mount', 'open_tree', 'pivot_root', 'setresuid', 'setns']
      for (const syscall of never) expect(names).not.toContain(syscall)
    })

    test('runs no process but the target in the request', () => {
      const nexts = image.steps.flatMap(({ next }) => (next === undefined ? [] : [next.goto]))
      expect(nexts).not.toContain(ENTRY.mounts)
      expect(calls(request.steps)[0]).toBe('exit_group(1)')
    })

    test('is assembled together with the request', () => {
      const made = makeImage(image, 'x64')
      expect(finish(assembleRequest(made, request)).bytes.length).toBeGreaterThan(0)
    })
  },
)

test('an image for root gives each launch program ids of its own, in its own fields', () => {
  const { assembled, elf } = makeImage(completePlan(root).image, 'x64')
  const copy = Buffer.from(elf)
  for (const { place, offset, bytes } of ownIdValues({ uid: 1_073_741_825, gid: 77 })) {
    const address = assembled.symbols.get(place) ?? Number.NaN
    copy.set(bytes, DATA_OFFSET + address - DATA_ADDRESS + offset)
  }
  const text = (place: string) => {
    const start = DATA_OFFSET + (assembled.symbols.get(place) ?? 0) - DATA_ADDRESS
    return copy.toString('latin1', start, start + 23)
  }
  expect(text('ids.uidMap')).toBe('0000001000 1073741825 1')
  expect(text('ids.gidMap')).toBe('0000001000 0000000077 1')
  const at = (place: string) => DATA_OFFSET + (assembled.symbols.get(place) ?? 0) - DATA_ADDRESS
  expect(copy.readBigUInt64LE(at('ids.uid'))).toBe(1_073_741_825n)
  expect(copy.readBigUInt64LE(at('ids.gid'))).toBe(77n)
})
