import { describe, expect, test } from 'vitest'
import { codeFrame, positionAt } from '../../../src/policy/source/code-frame.ts'
import { tomlPositions } from '../../../src/policy/source/positions.ts'

// The text at the position of a key and of its value, to the end of the line.
function at(text: string, ...path: (string | number)[]): [string | undefined, string | undefined] {
  const positions = tomlPositions(text)
  const rest = (offset: number | undefined) =>
    offset === undefined ? undefined : text.slice(offset).split('\n')[0]
  return [rest(positions.find(path, 'key')), rest(positions.find(path, 'value'))]
}

describe('the place of a key', () => {
  test('at the top and in a table', () => {
    const text = '# [a]\na = 1\n\n[t] # "x"\n  b  =  "two" # c = 3\n'
    expect(at(text, 'a')).toEqual(['a = 1', '1'])
    expect(at(text, 't')).toEqual(['t] # "x"', 't] # "x"'])
    expect(at(text, 't', 'b')).toEqual(['b  =  "two" # c = 3', '"two" # c = 3'])
  })

  test('that is dotted or in quotes', () => {
    const text = `a . b = 1\n[ "x y" . 'z.w' ]\n"\\u0041=\\"" = { c.d = 2 }`
    expect(at(text, 'a', 'b')).toEqual(['b = 1', '1'])
    expect(at(text, 'x y', 'z.w', 'A="', 'c', 'd')).toEqual(['d = 2 }', '2 }'])
  })

  test('in lists over several lines, and lists of lists', () => {
    const text = 'm = [ # [0]\n  "a,]", # ]\n  [1, [2]],\n  { k = [3], },\n]\nn = 4'
    expect(at(text, 'm', 0)[1]).toBe('"a,]", # ]')
    expect(at(text, 'm', 1, 1, 0)[1]).toBe('2]],')
    expect(at(text, 'm', 2, 'k', 0)[1]).toBe('3], },')
    expect(at(text, 'n')[1]).toBe('4')
  })

  test('in lists of tables and their sub-tables', () => {
    const text =
      '[[r]]\na = 1\n[r.s]\nb = 2\n[[r]]\na = 3\n[[r.t]]\nc = 4\n[[r.t]]\nc = 5\n[[ "r" ]]\n'
    expect(at(text, 'r', 0, 'a')[1]).toBe('1')
    expect(at(text, 'r', 0, 's', 'b')[1]).toBe('2')
    expect(at(text, 'r', 1, 'a')[1]).toBe('3')
    expect(at(text, 'r', 1, 't', 1, 'c')[1]).toBe('5')
    expect(at(text, 'r', 1, 'missing')[0]).toBe('r]]')
    expect(at(text, 'r', 2, 'missing')[0]).toBe('"r" ]]')
  })

  test('after texts of all kinds', () => {
    const text = `a = """\n[x]\nb = 1 \\""" "" """"\nc = '''\n'' d = 2'''\ne = 'it\\'\nf = 1979-05-27 07:32:00Z\ng = 3`
    expect(at(text, 'c')[1]).toBe("'''")
    expect(at(text, 'e')[1]).toBe("'it\\'")
    expect(at(text, 'g')[1]).toBe('3')
    expect(at(text, 'x')).toEqual([undefined, undefined])
  })

  test('that is missing is the place of its table; at the top it is undefined', () => {
    expect(at('[t]\na = 1', 't', 'b')[1]).toBe('t]')
    expect(at('a = 1', 'b')).toEqual([undefined, undefined])
  })

  test.each(['=', '[', '[[', 'a = [', 'a = {', 'a = "', '"', 'a.', ']', '= = =', '{}', 'a = """'])(
    'is found or given up quickly in %j',
    (text) => {
      expect(() => tomlPositions(text).find(['a', 0, 'b'], 'key')).not.toThrow()
    },
  )
})

describe('a code frame', () => {
  test('shows a line between its neighbours', () => {
    expect(codeFrame('a\nbcd\ne\nf\n', { line: 2, column: 3 })).toBe(
      '    1 | a\n  > 2 | bcd\n      |   ^\n    3 | e',
    )
  })

  test('shows fewer lines at the edges', () => {
    expect(codeFrame('one', { line: 1, column: 1 })).toBe('  > 1 | one\n      | ^')
    expect(codeFrame('a\r\nb\r\n', { line: 2, column: 2 })).toBe('    1 | a\n  > 2 | b\n      |  ^')
  })

  test('lines up numbers of different lengths', () => {
    const text = Array.from({ length: 12 }, (_, index) => `k${index + 1}`).join('\n')
    expect(codeFrame(text, { line: 9, column: 1 })).toBe(
      '     8 | k8\n  >  9 | k9\n       | ^\n    10 | k10',
    )
  })

  test('shows the part of a long line that matters, and nothing that moves the cursor', () => {
    const text = `${'x'.repeat(500)}\x1b[31mY${'z'.repeat(500)}`
    const frame = codeFrame(text, { line: 1, column: 506 })
    const [line = '', caret = ''] = frame.split('\n')
    expect(line.length).toBeLessThan(120)
    expect(line[caret.indexOf('^')]).toBe('Y')
    expect(frame).not.toContain('\x1b')
  })

  test('counts positions from 1', () => {
    expect(positionAt('ab\ncd', 4)).toEqual({ line: 2, column: 2 })
    expect(positionAt('', 0)).toEqual({ line: 1, column: 1 })
  })
})
