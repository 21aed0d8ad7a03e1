// The types that `gradebox/grading/vitest` and `gradebox/grading/jest` export.
export type { Assignment } from './assignment-interface.ts'
export type {
  Adjustment,
  AssignmentOptions,
  CasesOptions,
  Graded,
  GradingContext,
  GroupOptions,
  InteractOptions,
  JudgeProgram,
  RunOptions,
  Submission,
  TestOptions,
} from './assignment-options.ts'
