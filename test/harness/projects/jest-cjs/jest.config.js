module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: {
    // Not to wait for the machine's processors.
    gradebox: { limits: { walltime: '5s' }, env: { GRADER: 'config' }, concurrency: 3 },
  },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
}
