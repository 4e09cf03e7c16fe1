import {meaningCodes} from './check/codes.ts'
import {type Story, story} from './story.ts'

/** Problems of a YAML file (Y), of its shape (M0) and of its meaning (M1), for `lockstep explain`. */
export const codes: Record<string, Story> = {
  Y001: story(
    'not UTF-8',
    'Matrices and all other YAML files are read as UTF-8. The place shown is the first byte that is not. Most often an editor saved the file as Latin-1 or UTF-16: save it as UTF-8.',
    'title: Gerät          # saved as Latin-1, byte E4',
    'title: Gerät          # saved as UTF-8, bytes C3 A4',
  ),
  Y002: story(
    'file too large',
    'A file above 4 MiB is refused before it is read: no hand-written matrix comes near it, and it is more likely a wrong file. Exact kernels belong into the lock file; another product belongs into a matrix of its own that `uses` names.',
    'lockstep matrix lint --matrix vmlinux.yaml',
    'uses:\n  - {matrix: ../other/matrix.yaml}',
  ),
  Y003: story(
    'YAML syntax',
    'The file is not YAML 1.2. Nothing else in it can be judged until this is mended. The usual reasons are a tab used for indentation, a quote or bracket that is not closed, and text with ": " or " #" that needs quotes.',
    'because: Note: it is so',
    "because: 'Note: it is so'",
  ),
  Y004: story(
    'key given twice',
    'A mapping has the same key twice, so that one of the two values would silently be lost. Keep one, or give the second entry its own name.',
    'kmm: {title: KMM}\nkmm: {title: Kernel Module Management}',
    'kmm: {title: Kernel Module Management}',
  ),
  Y005: story(
    'more than one document',
    'A file holds one matrix. A line with --- begins a second YAML document, which nobody would read.',
    'product: {id: a}\n---\nproduct: {id: b}',
    'product: {id: a}',
  ),
  Y006: story(
    'too many aliases',
    'Aliases (*name) repeat what an anchor (&name) marked, and aliases within aliases multiply: a few lines can become gigabytes. Files that expand more than the limit are refused. Write the values out.',
    'a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]     # and so on',
    'a: [x, x, x]',
  ),
  Y007: story(
    'alias within its own anchor',
    'An alias repeats what an anchor marked. One that stands within its own anchor would repeat itself without end.',
    'all: &all [a, *all]',
    'all: [a, b]',
  ),
  Y008: story(
    'nested too deeply',
    'Values stand within values further than any matrix needs, which is most often the work of a broken generator. What walks through the value would run out of stack.',
    '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…',
    'notes: [One note]',
  ),
  M001: story(
    'wrong kind of value',
    'A list, a mapping or text stands where another of the three belongs. A list has items that begin with "- " or stands in [ ]; a mapping has keys or stands in { }. In a condition, a key that is none of all, any, not, values and skew is a component, and its value a version range; a mistyped word ends there too.',
    'notes: One note',
    'notes: [One note]',
  ),
  M002: story(
    'unknown key',
    'The schema has no such key here. Unknown keys are refused because a mistyped one would otherwise be ignored, and what it says with it. The message names the key that was probably meant, or lists those that are still free.',
    'product: {id: example, titel: Example}',
    'product: {id: example, title: Example}',
  ),
  M003: story(
    'missing key',
    'Something that every entry of this kind needs is not there. All missing keys of one mapping are told together. Facts always need `level`, `source` and `asOf`: what nobody can cite is not a fact, and `level: unknown` is a fair answer.',
    'rules:\n  - {id: a, requires: {kmm: 2.5}, because: tried}',
    'rules:\n  - id: a\n    requires: {kmm: 2.5}\n    because: tried\n    level: expected\n    source: kmm-docs\n    asOf: 2026-11-21',
  ),
  M004: story(
    'not one of the words',
    'Only a few words may stand here, and this is none of them. The message lists them.',
    'level: suported',
    'level: supported',
  ),
  M005: story(
    'malformed value',
    'The value does not look as its kind must. Versions have no leading v (tags carry it) and no + with build metadata (tags, labels and Flux cannot hold it); days are written 2026-11-21; names are lower-case words joined by - or a dot; truth values are true and false. Versions are read as text, so 1.30 stays 1.30 and needs no quotes for lockstep, but other YAML tools read a number there.',
    '{version: v1.30+k3s1, released: 21.11.2026}',
    '{version: 1.30, released: 2026-11-21}',
  ),
  M006: story(
    'empty value',
    'The key is there but nothing stands after it, or a list that needs an item has none. Give it a value, or leave the key out if it is optional.',
    'because:\nany: []',
    'because: The interface is served from 1.34 on.\nany: [{containerd: ">=2.0"}]',
  ),
  M007: story(
    'no shape fits',
    'This value may have one of several shapes, and it has none of them. Where the keys tell which was meant, the problem is told for that shape instead.',
    'set: {version: 1.2.3}',
    'set: {chart: example, to: 1.2.3}',
  ),
  M008: story(
    'another version or kind of file',
    'Every file begins by saying what it is. `apiVersion` is the version of the language; it changes only when old files could no longer be read as they were meant. A file of a newer version needs a newer lockstep.',
    'apiVersion: lockstep/v2\nkind: Matrix',
    'apiVersion: lockstep/v1\nkind: Matrix',
  ),
  ...meaningCodes,
}
