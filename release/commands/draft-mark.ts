/** The line by which a drafted changes file says that nobody has read it yet. */
export const draftMark = '# DRAFT: made from the commits. Edit it for its readers, then remove this line.'

export function isDraft(text: string): boolean {
  return text.split('\n').some(line => line.startsWith('# DRAFT'))
}
