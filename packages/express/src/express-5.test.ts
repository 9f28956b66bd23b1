import { describeServerContract } from '@sluice/contract'
import express from 'express'
import { startExpress } from './testing/express-server.ts'

describeServerContract(
  'Express 5',
  startExpress((chat) => express().use('/v1', chat)),
)
