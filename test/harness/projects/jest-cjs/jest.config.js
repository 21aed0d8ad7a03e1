module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: {
    // With a concurrency of its own, the project does not wait for the machine's processors.
    gradebox: { limits: { walltime: '5s' }, env: { GRADER: 'config' }, concurrency: 3 },
  },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
}
