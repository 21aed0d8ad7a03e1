import { expect, test } from 'vitest'
import { type Diagnosis, describeTrouble } from '../../../src/doctor/doctor.ts'
import type { Environment } from '../../../src/doctor/finding.ts'

const diagnosis = (...environments: readonly Environment[]): Diagnosis => ({
  ok: false,
  surroundings: {
    environments,
    filtered: false,
    appArmor: undefined,
    isRoot: false,
  },
  findings: [
    { id: 'kernel', title: 'kernel', state: 'works', detail: 'Linux 6.1' },
    {
      id: 'proc',
      title: '/proc',
      state: 'fails',
      detail: 'mount: EPERM',
      fixes: { machine: 'umount it', docker: '--unmask' },
    },
    { id: 'overlay', title: 'copy-on-write', state: 'untried', detail: 'no sandbox can be made' },
    { id: 'cgroup', title: 'cgroup v2', state: 'weaker', detail: 'not mounted' },
  ],
})

test('trouble appears with its fix for this place; working and untried checks do not appear', () => {
  expect(describeTrouble(diagnosis('docker'))).toEqual([
    'fails: /proc: mount: EPERM',
    '  fix (Docker): --unmask',
    'weaker: cgroup v2: not mounted',
  ])
})

test('without a fix for this place, all fixes appear', () => {
  expect(describeTrouble(diagnosis('kubernetes')).slice(1, 3)).toEqual([
    '  fix (This machine): umount it',
    '  fix (Docker): --unmask',
  ])
})
