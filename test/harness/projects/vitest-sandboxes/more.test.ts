import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test.concurrent.for([1, 2, 3, 4, 5, 6])('program %i runs beside others', async (code) => {
  await expect(sandboxed('sh', ['-c', `exit ${code}`])).resolves.toExitWith(code)
})
