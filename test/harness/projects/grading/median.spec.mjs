import { assignment } from 'gradebox/grading/jest'
import declare from './declare.cjs'

declare(assignment)
