/** Markdown as strings: small, pure, and the same bytes every time. */

type Part = string | undefined | false

/** Blocks with one blank line between them; what is empty leaves no trace. */
export function blocks(...parts: Part[]): string {
  return parts.filter(part => typeof part === 'string' && part !== '').join('\n\n')
}

/** A heading and what stands below it; nothing at all when that is empty. */
export function section(level: 2 | 3 | 4, title: string, ...parts: Part[]): string {
  const body = blocks(...parts)
  return body && `${'#'.repeat(level)} ${title}\n\n${body}`
}

/** A compact pipe table; nothing without rows. Cells hold Markdown of one line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return (
    text
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ')
      .replaceAll(/\\?\|/g, '\\|') || '–'
  )
}

export function bullets(items: readonly string[]): string {
  return items.map(item => `- ${indent(item)}`).join('\n')
}

/** Things to tick off. */
export function checklist(items: readonly string[]): string {
  return items.map(item => `- [ ] ${indent(item)}`).join('\n')
}

/** Numbered, so that later lines of an item stay below it: as far in as its own words begin. */
export function numbered(items: readonly string[]): string {
  return items
    .map((item, i) => {
      const mark = `${i + 1}. `
      return `${mark}${indent(item, ' '.repeat(mark.length))}`
    })
    .join('\n')
}

function indent(text: string, by = '  '): string {
  return text.replaceAll('\n', `\n${by}`).replaceAll(/\n +\n/g, '\n\n')
}

/** A code block whose fence is longer than any in the code. */
export function fence(code: string, language = 'bash'): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/g)].map(m => m[0].length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}${language}\n${code.replace(/\n$/, '')}\n${ticks}`
}

export function code(text: string): string {
  return `\`${text}\``
}

export function link(text: string, url: string): string {
  return `[${text}](${url})`
}

/** `a`, `a and b`, `a, b and c`. */
export function listing(items: readonly string[], word = 'and'): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`
}

/** The first letter as a capital: the matrix has words, a table begins with one. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
