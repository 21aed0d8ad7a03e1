import { cases } from './cases.ts'

cases(5)
