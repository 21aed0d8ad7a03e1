import { expect, test } from 'vitest'
import { judgeKernel } from '../../../src/doctor/launch-checks.ts'

test.each([
  ['5.10.0-32-cloud-amd64', 'weaker', /no mount_setattr\(2\).*; the limit of processes/],
  ['5.13.0', 'weaker', /^Linux 5\.13\.0: the limit of processes/],
  ['6.1.0-56-cloud-amd64', 'works', /^Linux 6\.1\.0-56-cloud-amd64$/],
] as const)('Linux %s %s', (release, state, detail) => {
  const found = judgeKernel(release)
  expect(found.state).toBe(state)
  expect(found.detail).toMatch(detail)
  expect(found.fixes?.machine).toBe(
    state === 'works' ? undefined : 'upgrade to Linux 5.14 or newer',
  )
})
