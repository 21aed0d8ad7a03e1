import { cases } from './cases.ts'

cases(1)
