/** A pattern that matches a text and nothing else, for JavaScript's and RE2's expressions. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
