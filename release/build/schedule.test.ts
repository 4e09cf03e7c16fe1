import fc from 'fast-check'
import {expect, test} from 'vitest'
import {runGraph} from './schedule.ts'

type Node = {id: string; needs: string[]}

const graphs = fc
  .array(fc.array(fc.nat(), {maxLength: 4}), {minLength: 1, maxLength: 30})
  .map(rows =>
    rows.map(
      (row, i): Node => ({id: `n${i}`, needs: i === 0 ? [] : [...new Set(row.map(n => `n${n % i}`))]}),
    ),
  )

test('every node runs once, after those that it needs, and never more than the limit at once', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({min: 1, max: 4}), async (nodes, limit) => {
      const ended = new Set<string>()
      let running = 0
      let most = 0
      const results = await runGraph(nodes, limit, async (node, needed: string[]) => {
        expect(needed).toEqual(node.needs)
        for (const id of node.needs) expect(ended).toContain(id)
        most = Math.max(most, ++running)
        await Promise.resolve()
        running--
        ended.add(node.id)
        return node.id
      })
      expect([...results.keys()].sort()).toEqual(nodes.map(n => n.id).sort())
      expect(most).toBeLessThanOrEqual(limit)
    }),
  )
})

test('after a failure nothing new starts, and what runs is awaited', async () => {
  const nodes = [
    {id: 'bad', needs: []},
    {id: 'slow', needs: []},
    {id: 'next', needs: ['slow']},
  ]
  const log: string[] = []
  const run = runGraph(nodes, 2, async node => {
    if (node.id === 'bad') throw new Error('no')
    await new Promise(resolve => setTimeout(resolve, 5))
    log.push(node.id)
  })
  await expect(run).rejects.toThrow('no')
  expect(log).toEqual(['slow'])
})

test('a need that nothing fulfils is an error, not a hang', async () => {
  await expect(runGraph([{id: 'a', needs: ['b']}], 1, async () => 0)).rejects.toThrow(
    'missing or circular: a',
  )
})
