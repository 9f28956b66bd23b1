import express, { Router, type Request, type Response } from 'express'
import { isThreadId } from './thread-id.ts'
import { MAX_TITLE, type ThreadStore } from './thread-store.ts'

/** The conversations: `GET /`, and `GET`, `PATCH` (`{ title }`) and `DELETE /:id`. Every error is one sentence. */
export function threadRoutes(threads: ThreadStore): Router {
  const router = Router()
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  router.param('id', (_req, res, next, id) => {
    if (isThreadId(String(id))) next()
    else refuse(res, 404, 'There is no such conversation. Start a new one, or choose one from the list.')
  })
  router.get('/', async (_req, res) => void res.json({ threads: await threads.list() }))
  // A conversation begins with its first question: until then its address is as good as any, and no error.
  router.get('/:id', async (req, res) => {
    const messages = await threads.messages(req.params.id)
    res.json({ exists: messages !== undefined, messages: messages ?? [], selected: messages?.at(-1)?.id ?? null })
  })
  router.patch('/:id', express.json({ limit: '4kb' }), async (req: Request<{ id: string }>, res) => {
    const title: unknown = Object(req.body).title
    if (typeof title !== 'string' || title.trim() === '') {
      refuse(res, 400, `Expected a title of 1 to ${MAX_TITLE} characters. Type one, then save it.`)
    } else if (await threads.rename(req.params.id, title)) {
      res.status(204).end()
    } else {
      refuse(res, 404, 'This conversation was deleted. Reload the page.')
    }
  })
  router.delete('/:id', async (req, res) => {
    await threads.remove(req.params.id)
    res.status(204).end()
  })
  return router
}

function refuse(res: Response, status: number, message: string): void {
  res.status(status).json({ error: { message } })
}
