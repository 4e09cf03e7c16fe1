import {catalogue} from './catalogue.ts'

/** Findings (Z), for `lockstep explain`: from the words that the findings themselves use. */
export const codes: Record<string, {title: string; text: string}> = Object.fromEntries(
  Object.entries(catalogue).map(([code, {title, why, todo, source}]) => [
    code,
    {title, text: `${why} What to do: ${todo}. Source: ${source}.`},
  ]),
)
