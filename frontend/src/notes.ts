// Notes on what places must provide. They come in English; these are their Spanish words.

import { languageNow } from "./words";

const SPANISH: [RegExp, string][] = [
  [/^Adults, children and families cannot be told apart: no kind of party of this scenario has children\.$/, "No se distinguen adultos, niños y familias: en este escenario ningún tipo de grupo de viaje tiene niños."],
  [/^Adults, children and families cannot be told apart: the result does not keep (.+) \(add it to outputs\.by and run again\)\.$/, "No se distinguen adultos, niños y familias: el resultado no guarda $1 (añádalo a outputs.by y repita la corrida)."],
  [/^Women and men cannot be told apart: no attribute `gender`, and no row `women`\.$/, "No se distinguen mujeres y hombres: no hay atributo `gender` ni fila `women`."],
  [/^Women are taken as (\d+) ?% of adults \(row `women` of the indicators\): no attribute `gender` tells\.$/, "Las mujeres se toman como el $1\u00a0% de los adultos (fila `women` de los indicadores): ningún atributo `gender` lo dice."],
  [/^Left out: (.+) per (.+), who cannot be counted here\.$/, "Se deja fuera: $1 por $2, que aquí no se puede contar."],
  [/^Nobody spends a night at (.+): people pass through the same day in this scenario \(its stay_mean_days in places\.csv\)\. See the arrivals\.$/, "Nadie pasa la noche en $1: en este escenario la gente sigue el mismo día (stay_mean_days en places.csv). Vea las llegadas."],
  [/^The returned are counted at night at (.+) until they set off again: whoever would go home from there needs no bed\. Plan their reception by the arrivals\.$/, "Los retornados se cuentan de noche en $1 hasta que salen de nuevo: quien de allí se iría a casa no necesita cama. Planee su recepción por las llegadas."],
];

/** The note and the language it is in: a note that is not on the list stays in English. */
export function noted(note: string): { text: string; lang: string } {
  const own = languageNow() === "es" ? SPANISH.find(([english]) => english.test(note)) : undefined;
  return own ? { text: note.replace(own[0], own[1]), lang: "es" } : { text: note, lang: "en" };
}
