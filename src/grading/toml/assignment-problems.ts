import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type KeyPath, type Problem, unknownName } from '../../errors/problem.ts'
import { checkLimits } from '../../policy/policy-limits.ts'
import { findCaseInputs } from '../assignment/cases.ts'
import type { Language } from '../languages/language.ts'
import { languages as shipped } from '../languages/language-table.ts'
import { POINT_DIGITS, roundPoints } from '../report/points.ts'
import { groupModes } from '../report/report-schema.ts'
import type { RawAssignment } from './assignment-schema.ts'

type RawTest = NonNullable<RawAssignment['tests']>[number]
type RawCases = NonNullable<RawAssignment['cases']>[number]

/** Finds the problems of an assignment whose keys are valid, such as contradictory keys and unknown names. */
export function assignmentProblems(raw: RawAssignment, folder: string): Problem[] {
  const { tests = [], cases = [], groups = [], limits, languages } = raw
  const names = groups.map(({ name }) => name)
  const none = { path: [], message: 'expected at least one of [[tests]] and [[cases]]' }
  return [
    ...(tests.length + cases.length === 0 ? [none] : []),
    ...limitProblems(limits, ['limits']),
    ...languageProblems(languages),
    ...names.flatMap((name, index) => groupNameProblems(name, index, names)),
    ...groups.flatMap(({ points }, index) => pointProblems(points, ['groups', index])),
    ...tests.flatMap((test, index) => testProblems(test, ['tests', index], names, folder)),
    ...cases.flatMap((each, index) => casesProblems(each, ['cases', index], names, folder)),
  ]
}

function testProblems(test: RawTest, path: KeyPath, groups: string[], folder: string): Problem[] {
  const { compare, stdout, stdoutFile } = test
  const isCompared = stdout !== undefined || stdoutFile !== undefined
  const uncompared = { path: [...path, 'compare'], message: 'there is no stdout to compare with' }
  return [
    ...commonProblems(test, path, groups),
    ...fileProblems(test, 'stdin', path, folder),
    ...fileProblems(test, 'stdout', path, folder),
    ...(compare === undefined || isCompared ? [] : [uncompared]),
  ]
}

function casesProblems(each: RawCases, path: KeyPath, groups: string[], folder: string): Problem[] {
  const isEmpty = findCaseInputs(each.path, folder).length === 0
  const message = `there is no case in ${resolve(folder, each.path)}: a case is NAME.in with NAME.ans`
  return [
    ...(isEmpty ? [{ path: [...path, 'path'], message }] : []),
    ...commonProblems(each, path, [...groups, ...groupModes]),
  ]
}

function commonProblems(
  { points, limits, compare, group }: RawTest | RawCases,
  path: KeyPath,
  groups: readonly string[],
): Problem[] {
  const isUnknown = group !== undefined && !groups.includes(group)
  const unknown = { path: [...path, 'group'], message: unknownGroup(group ?? '', groups) }
  return [
    ...pointProblems(points, path),
    ...limitProblems(limits, [...path, 'limits']),
    ...compareProblems(compare, [...path, 'compare']),
    ...(isUnknown ? [unknown] : []),
  ]
}

const unknownGroup = (name: string, groups: readonly string[]) =>
  groups.length === 0
    ? `there is no [[groups]] named ${JSON.stringify(name)}`
    : unknownName('group', name, groups)

function groupNameProblems(name: string, index: number, names: readonly string[]): Problem[] {
  const path = ['groups', index, 'name']
  if ((groupModes as readonly string[]).includes(name)) {
    return [{ path, message: `"${name}" is a mode, and cannot be a name` }]
  }
  if (names.indexOf(name) === index) return []
  return [{ path, message: `there is another group named ${JSON.stringify(name)}` }]
}

function fileProblems(
  test: RawTest,
  key: 'stdin' | 'stdout',
  path: KeyPath,
  folder: string,
): Problem[] {
  const file = test[`${key}File`]
  if (file === undefined) return []
  const at = [...path, `${key}File`]
  if (test[key] !== undefined) {
    return [{ path: at, message: `there is ${key} too; write one of them` }]
  }
  if (statSync(resolve(folder, file), { throwIfNoEntry: false })?.isFile()) return []
  return [{ path: at, message: `there is no file ${resolve(folder, file)}` }]
}

function languageProblems(languages: RawAssignment['languages']): Problem[] {
  if (languages === undefined) return []
  if (Array.isArray(languages)) {
    return languages.flatMap((name, index) => languageNameProblems(name, ['languages', index]))
  }
  return Object.entries(languages).flatMap(([name, change]) => {
    const path = ['languages', name]
    const unknown = languageNameProblems(name, ['languages'], name)
    if (unknown.length > 0 || change === true) return unknown
    const { compile } = (shipped as Readonly<Record<string, Language>>)[name] ?? {}
    const unused = { path: [...path, 'flags'], message: `${name} has no compiler to give flags to` }
    return [
      ...limitProblems(change.limits, [...path, 'limits']),
      ...(change.flags !== undefined && compile === undefined ? [unused] : []),
    ]
  })
}

function languageNameProblems(name: string, path: KeyPath, key?: string): Problem[] {
  if (Object.hasOwn(shipped, name)) return []
  const message = unknownName('language', name, Object.keys(shipped))
  return [{ path, message, ...(key === undefined ? {} : { key }) }]
}

function pointProblems(points: number | undefined, path: KeyPath): Problem[] {
  if (points === undefined || roundPoints(points) === points) return []
  const message = `expected at most ${POINT_DIGITS} digits after the point, got ${points}`
  return [{ path: [...path, 'points'], message }]
}

function limitProblems(limits: unknown, path: KeyPath): Problem[] {
  if (limits === undefined) return []
  const { problems } = checkLimits(limits, { bareTime: 's' })
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))
}

function compareProblems(compare: RawCases['compare'], path: KeyPath): Problem[] {
  if (typeof compare !== 'object') return []
  const { mode = 'tokens', prompts, ...others } = compare
  const keys = Object.keys({ ...others, ...(prompts === undefined ? {} : { prompts }) })
  if (mode !== 'tokens') {
    return keys.map((key) => ({ path, message: `"${key}" needs mode "tokens"`, key }))
  }
  if (prompts === undefined) return []
  try {
    new RegExp(prompts)
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [{ path: [...path, 'prompts'], message: reason }]
  }
}
