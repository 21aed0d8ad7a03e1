import { readFileSync, writeFileSync } from 'node:fs'
import { keyNotes } from './policy-keys/notes.mjs'

/**
 * @typedef {{
 *   type?: string, enum?: readonly string[], description?: string, minimum?: number, maximum?: number,
 *   anyOf?: readonly Schema[], items?: Schema, additionalProperties?: boolean | Schema,
 *   properties?: Readonly<Record<string, Schema>>,
 * }} Schema
 */

const START =
  '<!-- keys: made by npm run policy-schema from the schema and scripts/policy-keys/ -->\n'
const END = '<!-- /keys -->\n'

/**
 * Every key of a schema with its path: `mounts[].source`.
 *
 * @param {Schema} schema
 * @returns {[string, Schema][]}
 */
export function schemaKeys(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`
    return [
      /** @type {[string, Schema]} */ ([path, property]),
      ...schemaKeys(property, `${path}.`),
      ...schemaKeys(property.items ?? {}, `${path}[].`),
    ]
  })
}

/** @param {Schema} schema @returns {string} */
function typeOf({ type, enum: words, anyOf, items, minimum, maximum, properties }) {
  if (words !== undefined) return words.map((word) => `\`"${word}"\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (type === 'array') return items?.properties ? 'list of tables' : 'list of text'
  if (type === 'object') return properties ? 'table' : 'table of text'
  if (type === 'boolean') return '`true` or `false`'
  if (type === 'string') return 'text'
  if (minimum === undefined) return 'number'
  return `whole number from ${minimum} to ${maximum}`
}

/** @param {string} path @param {Schema} schema @param {import('./policy-keys/notes.mjs').KeyNote | undefined} note */
function section(path, schema, note) {
  if (note === undefined) throw new Error(`scripts/policy-keys/ says nothing of ${path}`)
  const unit = note.unit === undefined ? '' : ` Unit: ${note.unit}.`
  return [
    `## \`${path}\``,
    schema.description ?? '',
    [
      `- Type: ${typeOf(schema)}.${unit} Default: ${note.default}.`,
      `- Protects from: ${note.protects}`,
      ...(note.not === '' ? [] : [`- Does not protect from: ${note.not}`]),
    ].join('\n'),
    `\`\`\`toml\n${note.example}\n\`\`\`\n`,
  ].join('\n\n')
}

/**
 * The reference of all keys, in Markdown.
 *
 * @param {Schema} schema the policy's JSON Schema
 * @param {Parameters<typeof keyNotes>[0]} limitRows the table of limits
 */
export function policyReference(schema, limitRows) {
  const keys = schemaKeys(schema)
  const notes = keyNotes(limitRows)
  const unknown = Object.keys(notes).filter((path) => !keys.some(([key]) => key === path))
  if (unknown.length > 0) throw new Error(`There are no keys ${unknown.join(', ')}`)
  return keys.map(([path, property]) => section(path, property, notes[path])).join('\n')
}

/**
 * Replaces the reference of the keys in the documentation.
 *
 * @param {string} text docs/policy-keys.md
 * @param {Schema} schema
 * @param {Parameters<typeof keyNotes>[0]} limitRows
 */
export function withReference(text, schema, limitRows) {
  const [before, rest] = text.split(START)
  const [, after] = rest?.split(END) ?? []
  if (before === undefined || after === undefined) {
    throw new Error(`docs/policy-keys.md must have both ${START} and ${END}`)
  }
  return `${before}${START}\n${policyReference(schema, limitRows)}\n${END}${after}`
}

/** Writes the reference into docs/policy-keys.md. @param {Schema} schema @param {Parameters<typeof keyNotes>[0]} limitRows */
export function writeReference(schema, limitRows) {
  const path = new URL('../docs/policy-keys.md', import.meta.url)
  writeFileSync(path, withReference(readFileSync(path, 'utf8'), schema, limitRows))
}
