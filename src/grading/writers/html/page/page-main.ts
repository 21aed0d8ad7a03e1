import type { PageData } from '../data.ts'
import { type ClassState, classView } from './class-view.ts'
import { type Content, el } from './dom.ts'
import { submissionView } from './submission-view.ts'

const data: PageData = JSON.parse(document.getElementById('data')?.textContent ?? '{}')
const page = document.getElementById('page') as HTMLElement
const isHandout = data.submissions.every(({ staff }) => staff === undefined)
const state: ClassState = {
  search: '',
  filter: 'All submissions',
  sort: { column: 'name', descending: false },
}

// The URL names the open submission, so that the browser's Back button and links to a submission work.
const open = (index: number) => {
  location.hash = `#submission-${index + 1}`
}

function render(): void {
  const index = isHandout ? 0 : Number(/^#submission-(\d+)$/.exec(location.hash)?.[1] ?? 0) - 1
  const submission = data.submissions[index]
  const content: readonly Content[] =
    submission === undefined ? classView(data, state, open) : opened(index)
  page.replaceChildren(el('div', {}, content))
  window.scrollTo(0, 0)
}

function opened(index: number): Content[] {
  const submission = data.submissions[index]
  if (submission === undefined) return []
  const link = (to: number, text: string) =>
    data.submissions[to] === undefined ? '' : el('a', { href: `#submission-${to + 1}` }, text)
  const navigation = el(
    'nav',
    { 'aria-label': 'Submissions' },
    el('a', { href: '#' }, 'Class'),
    link(index - 1, 'Previous'),
    link(index + 1, 'Next'),
  )
  return [
    isHandout ? el('p', { class: 'quiet' }, data.assignment) : navigation,
    ...submissionView(submission),
  ]
}

function moveFocus(by: number): void {
  const buttons = [...document.querySelectorAll<HTMLElement>('.open')]
  const at = buttons.indexOf(document.activeElement as HTMLElement)
  buttons[Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus()
}

function onKey(event: KeyboardEvent): void {
  const isTyping =
    event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
  if (event.key === 'Escape' && !isHandout) {
    if (isTyping) (event.target as HTMLElement).blur()
    else location.hash = '#'
  } else if (!isTyping && event.key === '/') {
    event.preventDefault()
    document.getElementById('search')?.focus()
  } else if (!isTyping && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    if (document.getElementById('class') === null) return
    event.preventDefault()
    moveFocus(event.key === 'ArrowDown' ? 1 : -1)
  }
}

window.addEventListener('hashchange', render)
window.addEventListener('keydown', onKey)
render()
