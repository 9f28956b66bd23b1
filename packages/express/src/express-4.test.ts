import { describeServerContract } from '@sluice/contract'
import express from 'express'
import { expect, it, vi } from 'vitest'
import { startExpress } from './testing/express-server.ts'

vi.mock('express', () => import('express4'))

it('is Express 4 that these tests run on', () => {
  expect(express()).toHaveProperty('del')
})

describeServerContract(
  'Express 4',
  startExpress((chat) => express().use('/v1', chat)),
)
