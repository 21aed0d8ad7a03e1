module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: { gradebox: { limits: { walltime: '5s' }, env: { GRADER: 'config' } } },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
}
