import { describe, expect, it } from 'vitest'
import { answer, question } from '../testing/chat.ts'
import { createMessageTree } from './tree.ts'

const Q1 = question('q1', 'One')
const A1 = answer('a1', 'First', 'q1')
const A2 = answer('a2', 'Second', 'q1')
const Q2 = question('q2', 'Two', 'a1')
const Q3 = question('q3', 'Three', 'a2')

describe('createMessageTree', () => {
  it('shows the newest branch, and the one that is selected down to where it was left', () => {
    const tree = createMessageTree([Q1, A1, Q2, A2, Q3])
    expect(tree.ids).toEqual(['q1', 'a2', 'q3'])
    tree.select('a1')
    expect(tree.ids).toEqual(['q1', 'a1', 'q2'])
    tree.put(question('q2b', 'Two again', 'a1'))
    expect(tree.ids).toEqual(['q1', 'a1', 'q2b'])
    tree.select('q2')
    tree.select('a2')
    tree.select('a1')
    expect(tree.ids).toEqual(['q1', 'a1', 'q2'])
    expect(tree.path.map(({ id }) => id)).toEqual(tree.ids)
  })

  it('names the branches of a message, in the order of their making, by a function that changes with them', () => {
    const tree = createMessageTree([Q1, A1])
    const { branches } = tree
    expect(branches('a1')).toEqual(['a1'])
    tree.put({ ...A1, text: 'other' })
    expect(tree.branches).toBe(branches)
    tree.put(A2)
    expect(tree.branches).not.toBe(branches)
    expect(tree.branches('a1')).toEqual(['a1', 'a2'])
    expect(tree.branches('a2')).toEqual(['a1', 'a2'])
    expect(tree.branches('nobody')).toEqual([])
  })

  it('changes the message that grows, and neither the others nor their order', () => {
    const tree = createMessageTree([Q1, A1])
    const { ids, path } = tree
    tree.put({ ...A1, text: 'Grown' })
    expect(tree.ids).toBe(ids)
    expect(tree.path).not.toBe(path)
    expect(path).toEqual([Q1, A1])
    expect(tree.path[0]).toBe(Q1)
    expect(tree.path[1]).toMatchObject({ text: 'Grown' })
    expect(tree.get('a1')).toBe(tree.path[1])
  })

  it('shows nothing of what cannot be reached', () => {
    const loop = [question('l1', 'Egg', 'l2'), question('l2', 'Hen', 'l1')]
    expect(createMessageTree([...loop, Q1]).ids).toEqual(['q1'])
  })

  it('replaces the path, and keeps the other branches of what stays', () => {
    const tree = createMessageTree([Q1, A1, Q2, A2, Q3])
    tree.replacePath([Q1, { ...A2, text: 'Mended' }])
    expect(tree.all().map(({ id }) => id)).toEqual(['q1', 'a1', 'q2', 'a2'])
    expect(tree.ids).toEqual(['q1', 'a2'])
    expect(tree.branches('a2')).toEqual(['a1', 'a2'])
    tree.replacePath([question('q9', 'New')])
    expect(tree.all().map(({ id }) => id)).toEqual(['q9'])
    tree.replacePath([])
    expect(tree.path).toEqual([])
  })

  it('forgets a message that is removed, and shows its neighbour', () => {
    const tree = createMessageTree([Q1, A1, A2])
    tree.remove('a2')
    expect(tree.ids).toEqual(['q1', 'a1'])
    expect(tree.branches('a1')).toEqual(['a1'])
  })
})
