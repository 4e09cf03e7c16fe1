/** A generated file: its path from the repository's root with `/`, and its whole text (LF, final newline). */
export type GeneratedFile = {path: string; text: string}
