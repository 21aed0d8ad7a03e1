import { describe, expect, test } from 'vitest'
import { chooseLanguages } from '../../../../src/grading/languages/choose-languages.ts'

const choose = (languages: object) => () => chooseLanguages(languages as never)
const lua = {
  title: 'Lua',
  extensions: ['.lua'],
  run: () => ['lua5.4', 'main.lua'],
  version: ['lua5.4', '-v'],
  install: 'Lua',
  limits: { memory: '64MiB' },
}

describe('languages of an assignment', () => {
  test('change shipped languages, select some, and add new ones', () => {
    expect(Object.keys(chooseLanguages(['c', 'java']))).toEqual(['c', 'java'])
    const { c, java } = chooseLanguages({ c: { limits: { memory: '1GiB' } } })
    expect(c?.ownLimits).toEqual({ memory: '1GiB' })
    expect(java?.title).toBe('Java')
    expect(choose({ lua })()).toHaveProperty('lua.title', 'Lua')
  })

  test.each([
    [{ klingon: true }, 'There is no language `klingon`'],
    [{ python: 5 }, 'Expected `languages.python` to be an object, got `5` (number)'],
    [{ python: { limit: {} } }, 'There is no option `languages.python.limit`'],
    [
      { python: { limits: { memry: 1 } } },
      'Invalid limits: unknown limit "memry"; did you mean "memory"?',
    ],
    [{ c: { compileLimits: 5 } }, 'Expected `languages.c.compileLimits` to be an object'],
    [{ python: { policy: 'pyhton' } }, 'Invalid policy: unknown name "pyhton"'],
    [{ java: { floors: { memory: 3 } } }, 'There is no option `languages.java.floors.memory`'],
    [
      { lua: { ...lua, extensions: ['lua'] } },
      'Expected `languages.lua.extensions` to be a list of endings such as ".c", got `[ \'lua\' ]` (object)',
    ],
    [
      { lua: { ...lua, version: [] } },
      'Expected `languages.lua.version` to be a command, as a list of texts, got `[]` (object)',
    ],
    [
      { lua: { title: 'Lua' } },
      'The language `lua` lacks extensions, run, version, install, limits.memory',
    ],
  ])('are refused before any run: %o', (languages, message) => {
    expect(choose(languages)).toThrow(message)
  })
})
