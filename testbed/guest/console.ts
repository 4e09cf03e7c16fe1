/** A command of a documentation page, and what the page says comes of it; `…` stands for anything on a line. */
export type Example = {where: 'guest' | 'host'; command: string; output: string}

/** The commands of a page's ```console blocks: what follows a `guest# ` or `host$ ` is typed, the rest is shown. */
export function examples(page: string): Example[] {
  const blocks = [...page.matchAll(/```console\n([\s\S]*?)```/g)].map(block => block[1] ?? '')
  return blocks.flatMap(block =>
    [...block.matchAll(/^(guest# |host\$ )(.*)\n((?:(?!guest# |host\$ ).*\n)*)/gm)].map(
      ([, prompt = '', command = '', output = '']): Example => ({
        where: prompt === 'guest# ' ? 'guest' : 'host',
        command,
        output: output.replace(/\n+$/, ''),
      }),
    ),
  )
}

/** What a page shows, as a pattern. */
export function shown(output: string): RegExp {
  const parts = output.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^\\n]+?')}$`)
}
