import { describeBurstContract } from '@sluice/contract'
import express from 'express'
import { startExpress } from './testing/express-server.ts'

describeBurstContract(
  'chatStream',
  startExpress((chat) => express().use('/v1', chat)),
)
