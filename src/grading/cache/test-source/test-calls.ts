import {
  children,
  declaredBy,
  everything,
  isFunction,
  isSyntax,
  nameOf,
  nodesOf,
  propertyOf,
  type Syntax,
  unwrapped,
} from './syntax.ts'

const MODULE = 'gradebox/grading/vitest'

/** The names that a file gives to its assignments, and to their function `test`. */
export interface AssignmentNames {
  readonly assignments: ReadonlySet<string>
  readonly tests: ReadonlySet<string>
}

/**
 * Finds `const name = assignment(…)` and `const { test } = assignment(…)`. The result has only names that the file
 * declares exactly once.
 */
export function assignmentNames(program: Syntax): AssignmentNames {
  const functions = new Set(
    nodesOf(program.body)
      .filter(({ type, source }) => type === 'ImportDeclaration' && textOf(source) === MODULE)
      .flatMap(({ specifiers }) => nodesOf(specifiers))
      .filter(({ imported }) => nameOf(imported) === 'assignment')
      .flatMap(({ local }) => nameOf(local) ?? []),
  )
  const [assignments, tests] = [new Set<string>(), new Set<string>()]
  for (const { id, init } of constantsOf(program)) {
    const isAssignment =
      isSyntax(init) && init.type === 'CallExpression' && functions.has(nameOf(init.callee) ?? '')
    if (!isAssignment || !isSyntax(id)) continue
    const name = nameOf(id)
    if (name !== undefined) assignments.add(name)
    for (const { key, value, computed } of nodesOf(id.properties)) {
      const local = nameOf(value)
      if (computed !== true && nameOf(key) === 'test' && local !== undefined) tests.add(local)
    }
  }
  const declared = [...everything(program)].flatMap(declaredBy)
  const once = (names: ReadonlySet<string>) =>
    new Set([...names].filter((name) => declared.filter((each) => each === name).length === 1))
  return { assignments: once(assignments), tests: once(tests) }
}

const textOf = (node: unknown): unknown => (isSyntax(node) ? node.value : undefined)

function constantsOf(program: Syntax): Syntax[] {
  return nodesOf(program.body)
    .map((node) => (isSyntax(node.declaration) ? node.declaration : node))
    .filter(({ type, kind }) => type === 'VariableDeclaration' && kind === 'const')
    .flatMap(({ declarations }) => nodesOf(declarations))
}

/** A call that declares a test, with the test's function as its last argument. */
export interface TestCall {
  readonly call: Syntax
  readonly fn: Syntax
  /** The functions around the call. */
  readonly around: readonly Syntax[]
  /** Whether the call is for one test and not for a table. */
  readonly isSingle: boolean
}

/** Finds the tests whose function is written in the call. */
export function testCalls(program: Syntax, names: AssignmentNames): TestCall[] {
  const found: TestCall[] = []
  const visit = (node: Syntax, around: readonly Syntax[]): void => {
    const callee = node.type === 'CallExpression' && isSyntax(node.callee) ? node.callee : undefined
    const isSingle = callee !== undefined && isTest(callee, names)
    if (callee !== undefined && (isSingle || isTable(callee, names))) {
      const fn = nodesOf(node.arguments).at(-1)
      if (fn !== undefined && isFunction(fn)) found.push({ call: node, fn, around, isSingle })
    }
    const inner = isFunction(node) ? [...around, node] : around
    for (const child of children(node)) visit(child, inner)
  }
  visit(program, [])
  return found
}

function isTest(node: Syntax, { assignments, tests }: AssignmentNames): boolean {
  const bare = unwrapped(node)
  return (
    tests.has(nameOf(bare) ?? '') ||
    (propertyOf(bare) === 'test' && assignments.has(nameOf(bare.object) ?? ''))
  )
}

function isTable(callee: Syntax, names: AssignmentNames): boolean {
  if (callee.type !== 'CallExpression' || !isSyntax(callee.callee)) return false
  const bare = unwrapped(callee.callee)
  const isRows = ['each', 'for'].includes(propertyOf(bare) ?? '')
  return isRows && isSyntax(bare.object) && isTest(bare.object, names)
}

/** Whether an expression consists of literals only, without a call or a variable. */
export function isLiteral(node: Syntax): boolean {
  switch (node.type) {
    case 'Literal':
      return true
    case 'TemplateLiteral':
      return nodesOf(node.expressions).length === 0
    case 'UnaryExpression':
      return nodesOf(node.argument).every(isLiteral)
    case 'ArrayExpression':
      return nodesOf(node.elements).every(isLiteral)
    case 'ObjectExpression':
      return nodesOf(node.properties).every(
        ({ type, computed, value }) =>
          type === 'Property' && computed !== true && isSyntax(value) && isLiteral(value),
      )
    default:
      return false
  }
}
