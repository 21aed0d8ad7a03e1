import { describe, expect, test } from 'vitest'
import { isSandboxError, SandboxError, type SandboxOptions, sandboxed } from '../../src/index.ts'
import { supportedArch } from '../../src/runner/machine/machine.ts'

/** The code and message, with its hint, of a call that is refused. */
async function refusal(...call: readonly unknown[]): Promise<string> {
  const run = sandboxed as unknown as (...args: readonly unknown[]) => Promise<unknown>
  const error = await run(...call).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSandboxError(error)) throw new Error('The call was not refused', { cause: error })
  expect(error).toBeInstanceOf(SandboxError)
  return `${error.code}: ${error.message}`
}

const optionRefusal = (options: object) => refusal('true', [], options)

describe('a command is refused', () => {
  test.each<[string, ...unknown[]]>([
    ['that is none'],
    ['that is undefined', undefined],
    ['that is a number', 1],
    ['that is empty', ''],
    ['with a NUL byte', 'a\0b'],
    ['with arguments that are none', 'true', 'args'],
    ['with an argument that is no text', 'true', ['a', 1]],
    ['with an argument with a NUL byte', 'true', ['a', 'b\0c']],
    ['with options that are none', 'true', [], 1],
  ])('%s', async (_, ...call) => {
    expect(await refusal(...call)).toMatchSnapshot()
  })
})

describe('an option is refused', () => {
  test.each<[string, object]>([
    ['that is unknown', { timeout: 1 }],
    ['workdir: a number', { workdir: 1 }],
    ['workdir: empty', { workdir: '' }],
    ['workdir: no file URL', { workdir: new URL('https://example.org/') }],
    ['workdir: an unknown mode', { workdir: { source: '/tmp', mode: 'rw' } }],
    ['workdir: a NUL byte', { workdir: '/tmp\0' }],
    ['files: a relative target', { files: { 'work/x': '' } }],
    ['files: a target with ..', { files: { '/work/../x': '' } }],
    ['files: the root', { files: { '/': '' } }],
    ['files: no contents', { files: { '/work/x': 1 } }],
    ['mounts: no list', { mounts: {} }],
    ['mounts: no source', { mounts: [{ target: '/x' }] }],
    ['mounts: a relative target', { mounts: [{ source: '/tmp', target: 'x' }] }],
    ['mounts: an unknown key', { mounts: [{ source: '/tmp', target: '/x', rw: true }] }],
    ['env: a name with =', { env: { 'A=B': '' } }],
    ['env: a value that is no text', { env: { A: 1 } }],
    ['env: a NUL byte', { env: { A: '\0' } }],
    ['cwd: relative', { cwd: 'work' }],
    ['cwd: with ..', { cwd: '/work/..' }],
    ['stdin: a number', { stdin: 1 }],
    ['stdin: null', { stdin: null }],
    ['stdout: unknown', { stdout: 'file' }],
    ['stderr: a stream', { stderr: process.stderr }],
    ['encoding: unknown', { encoding: 'latin1' }],
    ['collect: no list', { collect: 'x' }],
    ['collect: no text', { collect: [1] }],
    ['signal: no signal', { signal: {} }],
    ['limits: unknown', { limits: { time: '1s' } }],
    ['limits: negative', { limits: { walltime: -1 } }],
    ['limits: zero', { limits: { walltime: 0 } }],
    ['limits: no unit', { limits: { walltime: '1' } }],
    ['limits: no number', { limits: { memory: Number.NaN } }],
    ['limits: endless', { limits: { cpu: Number.POSITIVE_INFINITY } }],
    ['limits: a fraction of a process', { limits: { processes: 1.5 } }],
    ['limits: no processes', { limits: { processes: 0 } }],
    ['limits: several at once', { limits: { memory: 'much', openFiles: '1', stack: null } }],
    ['policy: unknown name', { policy: 'strickt' }],
    ['policy: missing file', { policy: './missing.toml' }],
    ['policy: no file URL', { policy: new URL('https://example.org/p.toml') }],
    ['policy: a number', { policy: 1 }],
    ['policy: wrong keys', { policy: { mount: [], uid: -1, hostname: '' } }],
    ['policy: an unknown syscall', { policy: { seccomp: { syscalls: ['opne'] } } }],
  ])('%s', async (_, options) => {
    const text = await optionRefusal(options)
    expect(text.replaceAll(process.cwd(), '.')).toMatchSnapshot()
  })
})

test('an option that is undefined is one that was left out', async () => {
  const names = ['policy', 'workdir', 'files', 'mounts', 'env', 'cwd', 'stdin', 'stdout', 'signal']
  const options = Object.fromEntries(names.map((name) => [name, undefined]))
  expect(await sandboxed('true', [], options as SandboxOptions)).toSucceed()
})

test('a wrong call rejects its promise and throws nothing', async () => {
  const run = sandboxed('true', [], { cwd: 'relative' })
  expect(run.pid).toBeUndefined()
  expect(run.stdin).toBeUndefined()
  run.kill()
  await expect(run).rejects.toThrow('Expected `cwd` to be')
})

test.each([
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['linux', 'ia32'],
])('%s %s is refused as a platform', (platform, arch) => {
  expect(() => supportedArch(platform, arch)).toThrow(
    `Gradebox runs programs on Linux x64 and arm64, this is ${platform} ${arch}`,
  )
  try {
    supportedArch(platform, arch)
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNSUPPORTED_PLATFORM', hint: expect.any(String) })
  }
})
