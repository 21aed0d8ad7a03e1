import { expect, test, vi } from 'vitest'
import type { SandboxError } from '../../../src/errors/sandbox-error.ts'
import { LibseccompMissingError } from '../../../src/ffi/libseccomp.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'

vi.mock('../../../src/ffi/libseccomp.ts', async (original) => ({
  ...(await original<typeof import('../../../src/ffi/libseccomp.ts')>()),
  buildFilter: () => {
    throw new LibseccompMissingError('libseccomp.so.2 cannot be loaded: no such file')
  },
}))

test('the error of a machine without libseccomp names the package to install', () => {
  let thrown: unknown
  try {
    compileSeccomp({ default: 'allow', rules: [] }, { notify: false })
  } catch (error) {
    thrown = error
  }
  expect((thrown as SandboxError).code).toBe('SECCOMP_UNAVAILABLE')
  expect((thrown as SandboxError).message).toMatchInlineSnapshot(`
    "The policy has a seccomp filter, and libseccomp is not available: libseccomp.so.2 cannot be loaded: no such file
      hint: Install libseccomp 2.5 or newer: libseccomp2 on Debian and Ubuntu, libseccomp on Fedora and Alpine.
      see: docs/errors.md#seccomp_unavailable"
  `)
})
