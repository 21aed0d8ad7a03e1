/** The content of an element. A string becomes a text node, so markup in a program's output has no effect. */
export type Content = Node | string | number | null | readonly Content[]

type Attributes = Readonly<Record<string, string | number | boolean | (() => void) | undefined>>

/** Makes an HTML element. If an attribute is a function, the function listens to the event of the attribute's name. */
export function el(name: string, attributes: Attributes = {}, ...content: Content[]): HTMLElement {
  const element = document.createElement(name)
  fill(element, attributes, content)
  return element
}

/** Makes an SVG element. */
export function svg(name: string, attributes: Attributes = {}, ...content: Content[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  fill(element, attributes, content)
  return element
}

function fill(element: Element, attributes: Attributes, content: readonly Content[]): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value)
    else if (value !== undefined && value !== false) element.setAttribute(key, String(value))
  }
  append(element, content)
}

function append(element: Element, content: readonly Content[]): void {
  for (const each of content) {
    if (each === null) continue
    if (typeof each === 'string' || typeof each === 'number') element.append(String(each))
    else if (each instanceof Node) element.append(each)
    else append(element, each)
  }
}

const mostCharacters = 20_000

/** Makes a block with a program's text. A long text is cut, and a button shows the whole text. */
export function block(text: string): HTMLElement {
  if (text.length <= mostCharacters) return el('pre', { tabindex: 0 }, safe(text))
  const pre = el('pre', { tabindex: 0 }, safe(text.slice(0, mostCharacters)))
  const more = el(
    'button',
    {
      click: () => {
        pre.textContent = safe(text)
        more.remove()
      },
    },
    `Show all ${text.length.toLocaleString()} characters`,
  )
  return el('div', {}, pre, more)
}

// Control characters and marks that reorder text.
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Replaces invisible characters that change how a text looks. */
export function safe(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}
