module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: { gradebox: { limits: { walltime: '10min' }, concurrency: 3 } },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
  testTimeout: 60_000,
}
