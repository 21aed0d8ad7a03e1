import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  isInsideMount,
  mountsBelow,
  readMountinfo,
  resolveMounts,
} from '../../../src/launcher/plan/host.ts'
import type { BindMount } from '../../../src/launcher/sandbox-shape.ts'
import {
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_RELATIME,
} from '../../../src/linux/constants.ts'

/** A host with /usr/bin, a file, and links as on a system with merged /usr. */
function host(): string {
  const directory = dirSync({ unsafeCleanup: true })
  onTestFinished(() => directory.removeCallback())
  const path = directory.name
  mkdirSync(join(path, 'usr/bin'), { recursive: true })
  mkdirSync(join(path, 'other'))
  writeFileSync(join(path, 'file'), '')
  symlinkSync('usr/bin', join(path, 'bin'))
  symlinkSync(join(path, 'usr/bin'), join(path, 'absolute'))
  symlinkSync('other', join(path, 'unshown'))
  symlinkSync('bin', join(path, 'twice'))
  symlinkSync('nowhere', join(path, 'dangling'))
  symlinkSync('loop', join(path, 'loop'))
  return path
}

const bind = (source: string, changes: Partial<BindMount> = {}): BindMount => ({
  type: 'bind',
  source,
  target: source,
  writable: false,
  optional: false,
  ...changes,
})

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('Expected an error')
}

describe('a mount source', () => {
  test('is a directory or a file, and stays writable where the policy says so', () => {
    const path = host()
    const mounts = [bind(`${path}/usr`), bind(`${path}/file`, { target: '/data', writable: true })]
    expect(resolveMounts(mounts, 'sample')).toEqual([
      {
        type: 'bind',
        source: `${path}/usr`,
        target: `${path}/usr`,
        isDirectory: true,
        writable: false,
      },
      { type: 'bind', source: `${path}/file`, target: '/data', isDirectory: false, writable: true },
    ])
  })

  test.each(['bin', 'absolute'])(
    'that links into another mount becomes the same link: %s',
    (name) => {
      const path = host()
      const mounts = [bind(`${path}/usr`), bind(`${path}/${name}`)]
      expect(resolveMounts(mounts, 'sample')[1]).toEqual({
        type: 'symlink',
        link: name === 'bin' ? 'usr/bin' : `${path}/usr/bin`,
        target: `${path}/${name}`,
      })
    },
  )

  test.each([
    ['whose target is not shown', 'unshown', 'other', {}],
    ['that links to a link', 'twice', 'usr/bin', {}],
    ['that is shown elsewhere', 'bin', 'usr/bin', { target: '/elsewhere' }],
  ])('that is a link is resolved and mounted: a link %s', (_, name, resolved, changes) => {
    const path = host()
    const mounts = [bind(`${path}/usr`), bind(`${path}/bin`), bind(`${path}/${name}`, changes)]
    expect(resolveMounts(mounts, 'sample')[2]).toMatchObject({
      type: 'bind',
      source: `${path}/${resolved}`,
      isDirectory: true,
    })
  })

  test('whose link leads into a mount that has another target is mounted', () => {
    const path = host()
    const mounts = [bind(`${path}/usr`, { target: '/elsewhere' }), bind(`${path}/bin`)]
    expect(resolveMounts(mounts, 'sample')[1]).toMatchObject({ type: 'bind' })
  })

  test('that is missing may be left out where it is optional', () => {
    const path = host()
    const optional = { optional: true }
    const mounts = [bind(`${path}/none`, optional), bind(`${path}/dangling`, optional)]
    expect(resolveMounts(mounts, 'sample')).toEqual([])
  })

  test('that is missing causes an error otherwise', () => {
    expect(
      messageOf(() =>
        resolveMounts([bind('/proc/nonexistent/jdk', { target: '/opt/jdk' })], 'java'),
      ),
    ).toMatchInlineSnapshot(`
      "The mount source "/proc/nonexistent/jdk" (target "/opt/jdk", policy "java") does not exist on this host
        hint: Correct the path, or mark the mount \`optional = true\` if programs can do without it.
        see: docs/errors.md#mount_failed"
    `)
  })

  test('that cannot be looked up causes an error even where it is optional', () => {
    const path = host()
    const looked = messageOf(() =>
      resolveMounts([bind(`${path}/loop`, { optional: true })], 'sample'),
    )
    expect(looked.replaceAll(path, '/host')).toMatchInlineSnapshot(`
      "The mount source "/host/loop" (target "/host/loop", policy "sample") cannot be used (ELOOP)
        hint: Correct the path, or mark the mount \`optional = true\` if programs can do without it.
        see: docs/errors.md#mount_failed"
    `)
    const below = messageOf(() =>
      resolveMounts([bind(`${path}/file/below`, { optional: true })], 'sample'),
    )
    expect(below.replaceAll(path, '/host')).toMatchInlineSnapshot(`
      "The mount source "/host/file/below" (target "/host/file/below", policy "sample") cannot be used (ENOTDIR)
        hint: Correct the path, or mark the mount \`optional = true\` if programs can do without it.
        see: docs/errors.md#mount_failed"
    `)
  })

  test('of a tmpfs, which has none, is kept', () => {
    const tmpfs = { type: 'tmpfs', target: '/scratch', sizeBytes: 1 } as const
    expect(resolveMounts([tmpfs], 'sample')).toEqual([tmpfs])
  })

  test('that fails names the failed step', () => {
    expect(() => resolveMounts([bind('/proc/nonexistent')], 'sample')).toThrow(
      expect.objectContaining({
        code: 'MOUNT_FAILED',
        step: {
          syscall: 'stat',
          call: 'stat("/proc/nonexistent")',
          errno: 'ENOENT',
          process: 'spawn',
        },
      }),
    )
  })
})

describe('the mounts at or below a path', () => {
  const mountinfo = [
    '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '22 21 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:5 - proc proc rw',
    '23 21 8:2 / /usr ro,nodev,relatime shared:6 - ext4 /dev/sda2 ro',
    '24 23 8:3 / /usr/local rw,nosuid,noatime,nodiratime shared:7 - ext4 /dev/sda3 rw',
    '25 21 8:4 / /usrlocal rw shared:8 - ext4 /dev/sda4 rw',
    '26 23 8:5 / /usr/with\\040space\\134 rw - ext4 /dev/sda5 rw',
    '27 23 8:6 / /usr rw,noexec - tmpfs tmpfs rw',
    '',
  ].join('\n')

  test('include the mount that contains it, and those below it', () => {
    expect(mountsBelow('/usr', mountinfo)).toEqual([
      { path: '/usr', flags: MS_NOEXEC },
      { path: '/usr/local', flags: MS_NOSUID | 1024 | 2048 },
      { path: '/usr/with space\\', flags: 0 },
    ])
  })

  test('have the flags of the containing mount for a path that is no mount', () => {
    expect(mountsBelow('/usr/local/bin', mountinfo)).toEqual([
      { path: '/usr/local/bin', flags: MS_NOSUID | 1024 | 2048 },
    ])
    expect(mountsBelow('/etc', mountinfo)).toEqual([{ path: '/etc', flags: MS_RELATIME }])
  })

  test('exclude those of a path with the same beginning', () => {
    const paths = mountsBelow('/usr', mountinfo).map(({ path }) => path)
    expect(paths).not.toContain('/usrlocal')
  })

  test('have the flags of the last one where several are at one place', () => {
    const twice = '1 0 8:1 / /a ro - x x x\n2 0 8:1 / /a rw,nodev - x x x\n'
    expect(mountsBelow('/a/b', twice)).toEqual([{ path: '/a/b', flags: MS_NODEV }])
  })

  test('can be read on this host', () => {
    const paths = mountsBelow('/proc/self', readMountinfo()).map(({ path }) => path)
    expect(paths[0]).toBe('/proc/self')
  })

  test('of the root are all mounts', () => {
    expect(mountsBelow('/', mountinfo)).toEqual([
      { path: '/', flags: MS_RELATIME },
      { path: '/proc', flags: MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME },
      { path: '/usr', flags: MS_RDONLY | MS_NODEV | MS_RELATIME },
      { path: '/usr/local', flags: MS_NOSUID | 1024 | 2048 },
      { path: '/usrlocal', flags: 0 },
      { path: '/usr/with space\\', flags: 0 },
      { path: '/usr', flags: MS_NOEXEC },
    ])
  })
})

describe('a target is inside a mount', () => {
  const bind = { type: 'bind', source: '/srv/data', isDirectory: true, writable: false } as const
  const mounts = [
    { ...bind, target: '/data' },
    { type: 'tmpfs', target: '/scratch' },
    { type: 'symlink', link: '/data/sub', target: '/link' },
  ] as const

  test.each(['/work', '/work/a', '/data/a/b', '/scratch/a'])('%s is', (target) => {
    expect(isInsideMount(target, mounts, '/work')).toBe(true)
  })

  test.each(['/', '/workshop', '/data', '/database', '/link', '/etc/passwd'])(
    '%s is not',
    (target) => {
      expect(isInsideMount(target, mounts, '/work')).toBe(false)
    },
  )

  test('or inside the working directory, wherever that is', () => {
    expect(isInsideMount('/hako/a', [], '/hako')).toBe(true)
    expect(isInsideMount('/work/a', [], '/hako')).toBe(false)
  })

  // Before the init enters the root, an absolute link leads out of it, to the host's own directory.
  test('below a link that leads into one: /link/a', () => {
    expect(isInsideMount('/link/a', mounts, '/work')).toBe(true)
  })
})
