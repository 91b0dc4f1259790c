// The words of the page in the language that is on. One dictionary for each language.

import en from "./words/en.json";
import es from "./words/es.json";
import type { Policy, Titled, Words } from "./types";

export type Language = "en" | "es";
export type Key = keyof typeof en;

const dictionaries: Record<Language, Record<Key, string>> = { en, es };
const KEPT = "travesia-language";
let language: Language = firstLanguage();

function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get("lang") ?? document.documentElement.dataset.lang ?? kept();
  const own = asked ?? navigator.language;
  return own.startsWith("es") ? "es" : "en";
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

export function languageNow(): Language {
  return language;
}

export function speak(next: Language): void {
  language = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    // it is asked again next time
  }
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text = dictionaries[language][key].replace(/(\d) %/g, "$1\u00a0%"); // never one on a line and the other on the next
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A word that begins a line elsewhere, within one. */
export function inline(key: Key): string {
  const text = t(key);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A text that the scenario has by language, else in English, else whatever it has. */
export function told(words: Words, fallback = ""): string {
  return words[language] ?? words.en ?? Object.values(words)[0] ?? fallback;
}

/** A name that a table has, as people write it. */
export function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

/** A word of a fixed list, such as a unit or a kind of place; one that is not on it stays as it is. */
export function word(list: string, name: string): string {
  const key = `${list}_${name.replace(/[^\p{L}\d]+/gu, "_").toLowerCase()}`;
  return key in dictionaries[language] ? t(key as Key) : spaced(name);
}

/** How what is shown may be handed on. */
export function label(sensitivity: string): string {
  const kind = sensitivity.startsWith("restricted") ? "label_restricted" : sensitivity.includes("month") ? "label_coarse" : "label_public";
  return t("label", { label: t(kind) });
}

/** The title of a policy, or of several in force together. name : with "+" between them. */
export function policyTitle(policies: Policy[], name: string): string {
  const known = new Map(policies.map((policy) => [policy.name, told(policy.title, policy.name)]));
  return name.split("+").map((one) => known.get(one) ?? one).join(" + ");
}

/** The title of a number of a whole run: that of the quantity it is of, or of every scenario, or the one it came with. */
export function title(quantities: Titled[], name: string, fallback: string): string {
  const own = quantities.find((quantity) => quantity.name === name);
  return own ? told(own.title, name) : totalTitle(name, fallback);
}

function totalTitle(name: string, title: string): string {
  const key = `total_${name}`;
  if (key in dictionaries[language]) return dictionaries[language][key as Key];
  const country = name.startsWith("entered_") && /^Entered (.+) \(crossings\)$/.exec(title)?.[1];
  if (country) return t("total_entered", { country });
  const cause = /^died_(.+)$/.exec(name)?.[1];
  return cause && title.startsWith("Died: ") ? t("total_died_of", { cause: word("cause", cause) }) : title;
}
