import { assignment } from 'gradebox/grading/vitest'
import declare from './declare.cjs'

declare(assignment)
