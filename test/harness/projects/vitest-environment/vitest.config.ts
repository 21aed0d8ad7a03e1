import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const environment = fileURLToPath(import.meta.resolve('gradebox/vitest-environment'))

export default defineConfig({ test: { environment } })
