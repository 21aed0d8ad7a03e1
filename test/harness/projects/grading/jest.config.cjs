module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  testMatch: ['**/*.spec.cjs'],
  reporters: ['default', ['gradebox/grading/jest-reporter', { reports: { csv: 'grades.csv' } }]],
}
