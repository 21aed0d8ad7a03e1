import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { writeScript } from '../run/support/built.ts'

const CORE_PATTERN = '/proc/sys/kernel/core_pattern'

function canUnshare(): boolean {
  const { status, stderr } = spawnSync('unshare', ['-Ur', 'true'], { encoding: 'utf8' })
  if (status !== 0) console.warn(`SKIPPED: unshare -Ur does not work here: ${stderr}`)
  return status === 0
}

describe.skipIf(!canUnshare())('in a user namespace whose only user is root', () => {
  const grade = (policy: string) =>
    execFileSync(
      'unshare',
      [
        '-Ur',
        process.execPath,
        writeScript(`import { sandboxed } from 'gradebox-under-test'
          const attack = 'read old < ${CORE_PATTERN}; echo "$old" > ${CORE_PATTERN} && echo WROTE'
          const run = sandboxed('sh', ['-c', attack], { policy: '${policy}' })
          await run.then(({ stdout }) => console.log('ran', stdout), ({ message }) => console.log(message))`),
      ],
      { encoding: 'utf8' },
    )

  // For /proc/sys the kernel checks the owner's mode bits, so the kernel's root needs no capability there.
  test.each(['strict', 'kiss'])(
    'a program under policy %s cannot write core_pattern, because no program is started as the kernel’s root',
    (policy) => {
      const before = readFileSync(CORE_PATTERN, 'utf8')
      const output = grade(policy)
      if (process.getuid?.() === 0) {
        expect(output).toMatchInlineSnapshot(`
          "This process is root in a user namespace that has no other user: the program would be root to the kernel
            hint: Run the tests as an ordinary user, as root outside of the namespace, or map more ids (unshare --map-auto). No weaker isolation works here either: isolation: "confined" is not possible: this user namespace has too few ids to give each program a user of its own.
            see: docs/errors.md#namespaces_unavailable
          "
        `)
      } else {
        expect(output).toBe('ran \n')
      }
      expect(readFileSync(CORE_PATTERN, 'utf8')).toBe(before)
    },
  )
})
