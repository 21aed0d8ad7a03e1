import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Handlebars from 'handlebars'
import { SandboxError } from '../../../errors/sandbox-error.ts'
import { printableJson } from '../../../units/visible.ts'
import { onlySubmission } from '../student-view.ts'
import type { ReportWriter } from '../writer.ts'
import { classPage, handoutPage, type PageData } from './data.ts'
import { style } from './style.ts'

// The content security policy allows only Gradebox's script and style, so the page runs nothing that a program printed.
const template = Handlebars.compile(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '{{scriptHash}}'; style-src '{{styleHash}}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{{title}}</title>
<link rel="icon" href="data:,">
<style>{{{style}}}</style>
</head>
<body>
<noscript>This report needs JavaScript, which is inside this file. It loads nothing.</noscript>
<main id="page"></main>
<script type="application/json" id="data">{{{data}}}</script>
<script>{{{script}}}</script>
</body>
</html>
`)

/**
 * A page for staff, in one file that needs no network: the class, each student's result, source and output, and plots.
 * With `anonymous` the page names no student.
 */
export const writeHtml: ReportWriter = (report, options) => page(classPage(report, options))

/** A page for one student: the feedback and the points, without any data for staff. */
export const writeStudentHtml: ReportWriter = (report, options) =>
  page(handoutPage(onlySubmission(report, 'student HTML'), report, options))

function page(data: PageData): string {
  const script = pageScript()
  return template({
    title: data.assignment,
    style,
    styleHash: contentHash(style),
    script,
    scriptHash: contentHash(script),
    data: json(data),
  })
}

// "</script>" and "<!--" end or change a script element (HTML standard, "Restrictions for contents of script
// elements").
const json = (data: PageData) => printableJson(data).replaceAll('<', '\\u003c')

const contentHash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

let script: string | undefined

/** Returns the page's script. The build makes this script from page/. */
function pageScript(): string {
  script ??= readScript()
  return script
}

function readScript(): string {
  // The paths of dist/report-page.js from src/, from dist/ and from a bundled file.
  const places = ['../../../../dist/report-page.js', '../../../report-page.js', '../report-page.js']
  for (const place of places) {
    try {
      return readFileSync(new URL(place, import.meta.url), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new SandboxError('The HTML report needs dist/report-page.js, and it does not exist', {
    code: 'OPTION_INVALID',
    hint: 'In a checkout, run `npm run build` first.',
  })
}
