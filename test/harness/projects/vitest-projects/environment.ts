export default {
  name: 'own',
  viteEnvironment: 'ssr',
  setup: () => ({ teardown() {} }),
}
