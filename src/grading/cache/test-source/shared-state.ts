import {
  children,
  declaredBy,
  isFunction,
  isSyntax,
  nameOf,
  nodesOf,
  propertyOf,
  type Syntax,
  targetsOf,
  unwrapped,
} from './syntax.ts'

/** Methods that change their own object. */
const changing = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append'.split(
    ' ',
  ),
)

/** Functions that change their first argument. */
const changingFunctions = new Set(
  'assign defineProperty defineProperties setPrototypeOf set deleteProperty'.split(' '),
)

/**
 * Whether a function of a file changes something outside of itself. A test can then depend on the effects of another
 * test, and therefore on the other test's code.
 *
 * @param declaresTests returns whether a function only declares tests, like the function of a suite. Such a function's
 *   variables are outside of the tests.
 */
export function changesSharedState(
  program: Syntax,
  declaresTests: (node: Syntax) => boolean,
): boolean {
  const visit = (node: Syntax, own: readonly ReadonlySet<string>[]): boolean => {
    const isOwn = (name: string) => own.some((names) => names.has(name))
    if (own.length > 0 && changedBy(node).some((root) => root === undefined || !isOwn(root))) {
      return true
    }
    const inside = isFunction(node) && !declaresTests(node) ? [...own, ownNames(node)] : own
    return children(node).some((child) => visit(child, inside))
  }
  return visit(program, [])
}

/** The variables whose values a node changes; undefined for a value without a variable. */
function changedBy(node: Syntax): (string | undefined)[] {
  switch (node.type) {
    case 'AssignmentExpression':
      return nodesOf(node.left).flatMap(targetsOf).map(rootOf)
    case 'ForInStatement':
    case 'ForOfStatement':
      return nodesOf(node.left)
        .filter(({ type }) => type !== 'VariableDeclaration')
        .flatMap(targetsOf)
        .map(rootOf)
    case 'UpdateExpression':
      return nodesOf(node.argument).map(rootOf)
    case 'UnaryExpression':
      return node.operator === 'delete' ? nodesOf(node.argument).map(rootOf) : []
    case 'CallExpression':
      return changedByCall(node)
    default:
      return []
  }
}

function changedByCall(call: Syntax): string[] {
  const callee = isSyntax(call.callee) ? unwrapped(call.callee) : call
  const property = propertyOf(callee)
  if (property === undefined || !isSyntax(callee.object)) return []
  const isGlobal = ['Object', 'Reflect'].includes(nameOf(callee.object) ?? '')
  const [first] = nodesOf(call.arguments)
  const changed = isGlobal
    ? changingFunctions.has(property) && first
    : changing.has(property) && callee.object
  // A change of the result of a call does not count, because no other code has this result.
  return changed ? [rootOf(changed)].filter((root) => root !== undefined) : []
}

/** The variable at the start of an expression, such as `variable` in `variable.a[0].b`. */
function rootOf(node: Syntax): string | undefined {
  const bare = unwrapped(node)
  if (bare.type === 'ThisExpression') return 'this'
  return bare.type === 'MemberExpression' && isSyntax(bare.object)
    ? rootOf(bare.object)
    : nameOf(bare)
}

/** The names that a function declares, without the names that nested functions declare. */
function ownNames(node: Syntax): ReadonlySet<string> {
  const names = new Set(['arguments', ...declaredBy(node)])
  const collect = (inner: Syntax): void => {
    if (isFunction(inner)) {
      // The parameters of a nested function belong to the nested function. The name of a nested function belongs to the
      // outer function.
      if (inner.type === 'FunctionDeclaration') names.add(nameOf(inner.id) ?? '')
      return
    }
    for (const name of declaredBy(inner)) names.add(name)
    for (const child of children(inner)) collect(child)
  }
  for (const child of children(node)) collect(child)
  return names
}
