/** A problem's long story: what it means and why it is refused, then how it looks wrong and right. */
export type Story = {title: string; text: string}

/** Puts a story together; examples are indented by two, as `lockstep explain` shows them unwrapped. */
export function story(title: string, why: string, wrong: string, right: string): Story {
  return {title, text: `${why}\n\nWrong:\n\n${indented(wrong)}\n\nRight:\n\n${indented(right)}\n`}
}

function indented(example: string): string {
  return example
    .split('\n')
    .map(line => (line === '' ? '' : `  ${line}`))
    .join('\n')
}
