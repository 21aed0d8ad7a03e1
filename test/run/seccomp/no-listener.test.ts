import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { writeScript } from '../support/built.ts'
import { makeDirectory } from '../support/directory.ts'
import { sandboxLacks } from '../support/tools.ts'

// Imitates a kernel without user notification on this kernel: an outer filter refuses the flag that asks for a
// listener. A process under a filter with a listener meets the same refusal.
const loader = resolve(import.meta.dirname, '../../unit/seccomp/exec-under-filter.mjs')

function withoutListeners(source: string): unknown {
  const conditions = [{ arg: 1, op: 'masked_eq', mask: 8, value: 8 }] as const
  const rule = { action: 'errno:EINVAL', syscalls: ['seccomp'], conditions } as const
  const filter = join(makeDirectory(), 'filter')
  writeFileSync(filter, compileSeccomp({ default: 'allow', rules: [rule] }, { notify: false }))
  const script = writeScript(`import { learn, sandboxed } from 'gradebox-under-test'\n${source}`)
  const args = [loader, filter, process.execPath, script]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test.skipIf(sandboxLacks('python3'))(
  'without user notification the kernel kills, and the result lacks the call’s name',
  { timeout: 60_000 },
  () => {
    const run = withoutListeners(`
      const run = await sandboxed('python3', ['-c', 'import socket; socket.socket(); print(1)'])
      console.log(JSON.stringify({ ...run, named: 'syscall' in run }))`)
    expect(run).toMatchObject({
      status: 'seccomp',
      signal: 'SIGSYS',
      ok: false,
      stdout: '',
      named: false,
      reason: 'killed by seccomp: a system call is not allowed by policy "strict"',
    })
  },
)

test('without user notification, logged calls are made and the result lacks them', {
  timeout: 60_000,
}, () => {
  const run = withoutListeners(`
    const policy = { extends: 'strict', seccomp: { default: 'log', rules: [{ action: 'log', syscalls: ['@io'] }] } }
    const run = await sandboxed('echo', ['1'], { policy })
    console.log(JSON.stringify({ ...run, told: 'logged' in run }))`)
  expect(run).toMatchObject({ status: 'exited', exitCode: 0, stdout: '1\n', told: false })
})

test('without user notification learn() throws', { timeout: 60_000 }, () => {
  const error = withoutListeners(`
    const error = await learn('true').catch((error) => error)
    console.log(JSON.stringify({ code: error.code, message: error.message }))`)
  expect(error).toMatchInlineSnapshot(`
    {
      "code": "SECCOMP_UNAVAILABLE",
      "message": "Gradebox cannot learn here what a program needs: the kernel does not report its calls
      hint: Use a kernel with seccomp's user notification (Linux 5.9 or newer), outside of a sandbox or container that has a listener of its own.
      see: docs/errors.md#seccomp_unavailable",
    }
  `)
})
