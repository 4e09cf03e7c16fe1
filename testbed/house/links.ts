/** What a Markdown page links to within the checkout. */
export type Link = {
  line: number
  /** As written. */
  to: string
  /** Empty for the page itself. */
  path: string
  /** Without `#`; empty for the whole page. */
  anchor: string
}

/** Blocks of code become empty lines, so that places stay right. */
function prose(page: string): string {
  return page.replace(/^ *(```+|~~~+).*\n[\s\S]*?^ *\1 *$/gm, block => block.replace(/[^\n]/g, ''))
}

/** Relative links and images of a page; those to other places are left out. */
export function linksOf(page: string): Link[] {
  const text = prose(page).replace(/`[^`\n]*`/g, '``')
  return [...text.matchAll(/\]\(\s*<?([^)\s>]+)/g)].flatMap(({1: to = '', index}) => {
    if (/^[a-z][a-z+.-]*:/i.test(to)) return []
    const [path = '', anchor = ''] = to.split('#')
    return [{line: text.slice(0, index).split('\n').length, to, path: decodeURI(path), anchor}]
  })
}

/** The anchors that GitHub makes of headings, and those that a page sets itself. */
export function anchorsOf(page: string): Set<string> {
  const found = new Set([...page.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id))
  const seen = new Map<string, number>()
  for (const [, heading = ''] of prose(page).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = slugOf(heading)
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    found.add(times === 0 ? slug : `${slug}-${times}`)
  }
  return found
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
