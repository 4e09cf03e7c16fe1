/** What a page says to change in a file: each hunk's old text, which stands there once, and the new one. */
export type Edit = {path: string; hunks: {from: string; to: string}[]}

/** The ```diff PATH blocks of a page; hunks are separated by @@ and need no numbers. */
export function pageEdits(page: string): Edit[] {
  return [...page.matchAll(/```diff (\S+)\n([\s\S]*?)```/g)].map(([, path = '', text = '']) => ({
    path,
    hunks: text.split('@@\n').map(hunk => ({from: side(hunk, '-'), to: side(hunk, '+')})),
  }))
}

function side(hunk: string, sign: '-' | '+'): string {
  const lines = hunk.split('\n').slice(0, -1)
  const mine = lines.filter(line => line.startsWith(' ') || line.startsWith(sign))
  return mine.map(line => `${line.slice(1)}\n`).join('')
}

/** @throws Error naming a hunk whose old text is not there, or more than once */
export function applyEdit(text: string, {path, hunks}: Edit): string {
  return hunks.reduce((all, {from, to}) => {
    const places = from === '' ? 0 : all.split(from).length - 1
    if (places !== 1) throw new Error(`${path}: found ${places} times, should be once:\n${from}`)
    return all.replace(from, () => to)
  }, text)
}
