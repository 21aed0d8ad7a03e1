import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [gradebox()] })
