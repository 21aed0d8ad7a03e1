/** A node of a syntax tree in the form of ESTree, as Vite's parser returns it. */
export interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export const isSyntax = (value: unknown): value is Syntax =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** The nodes directly below a node, in the order of the source. */
export function children(node: Syntax): Syntax[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isSyntax) : isSyntax(value) ? [value] : [],
  )
}

/** A node and everything below it. */
export function* everything(node: Syntax): Generator<Syntax> {
  yield node
  for (const child of children(node)) yield* everything(child)
}

const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']

export const isFunction = ({ type }: Syntax): boolean => functions.includes(type)

/** The nodes of a property that is a node, a list of nodes, or absent. */
export const nodesOf = (value: unknown): Syntax[] => [value].flat().filter(isSyntax)

/** The expression inside parentheses and optional chains. */
export function unwrapped(node: Syntax): Syntax {
  const isWrapper = ['ChainExpression', 'ParenthesizedExpression'].includes(node.type)
  return isWrapper && isSyntax(node.expression) ? unwrapped(node.expression) : node
}

/** The name of an identifier; undefined for another node. */
export const nameOf = (node: unknown): string | undefined =>
  isSyntax(node) && node.type === 'Identifier' ? String(node.name) : undefined

/** The property of `object.property`; undefined for a computed property. */
export const propertyOf = (node: Syntax): string | undefined =>
  node.type === 'MemberExpression' && node.computed !== true ? nameOf(node.property) : undefined

/** The targets of a pattern: the names or members that the pattern assigns or declares. */
export function targetsOf(pattern: Syntax): Syntax[] {
  switch (pattern.type) {
    case 'ArrayPattern':
      return nodesOf(pattern.elements).flatMap(targetsOf)
    case 'ObjectPattern':
      return nodesOf(pattern.properties).flatMap(targetsOf)
    case 'Property':
      return nodesOf(pattern.value).flatMap(targetsOf)
    case 'AssignmentPattern':
      return nodesOf(pattern.left).flatMap(targetsOf)
    case 'RestElement':
      return nodesOf(pattern.argument).flatMap(targetsOf)
    default:
      return [unwrapped(pattern)]
  }
}

/** The names that a node declares itself: as a variable, function, class, parameter or import. */
export function declaredBy(node: Syntax): string[] {
  const names = (patterns: unknown) =>
    nodesOf(patterns)
      .flatMap(targetsOf)
      .flatMap((target) => nameOf(target) ?? [])
  switch (node.type) {
    case 'VariableDeclarator':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return names(node.id)
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return [...names(node.id), ...names(node.params)]
    case 'ArrowFunctionExpression':
      return names(node.params)
    case 'CatchClause':
      return names(node.param)
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return names(node.local)
    default:
      return []
  }
}
