// What a one-file report brings with it, and the parts that its sections share.

import { h, table } from "./dom";
import { t, type Language } from "./words";
import type { Answer, Case, Needs, Network, Run, Source, Titled, Words } from "./types";

/** What a comparison needs for its names and numbers; a report has it. */
export interface Told {
  network: Pick<Network, "policies">;
  run: { quantities: Titled[] };
  cases: Case[];
}

export interface Report {
  language: Language;
  network: Network;
  run: Run;
  answers: (Answer | null)[][];
  parameters: { name: string; value: number; low: number | null; high: number | null; unit: string; source: string; note: string }[];
  cases: Case[];
  tornado: { name: string; title: string; base: number; movers: { parameter: string; low: number; high: number; at_low: number; at_high: number }[] }[];
  needs: Needs[];
  claims: { n: number; claim: Words; verdict: Words; figures: Words; sources: Source[] }[];
  replay: { command: string; seed: number; policy: string; replicates: number; content_hash: string; created: string; versions: Record<string, string> };
}

export function inlined<T>(name: string): T | null {
  const element = document.getElementById(`inlined-${name}`);
  return element?.textContent ? (JSON.parse(element.textContent) as T) : null;
}

export function sourceLink(source: Source): HTMLElement | string {
  const words = source.title || source.source;
  if (!/^https?:\/\//.test(source.url)) return words;
  return h("a", { href: source.url, rel: "noreferrer noopener", target: "_blank" }, words);
}

/** A table that is folded away until it is asked for, or printed. */
export function allTold(summary: string, caption: string, head: string[], rows: (Node | string)[][], textColumns: number | number[] = 1, note = ""): HTMLElement {
  return h("details", {}, h("summary", {}, summary), note ? h("p", { class: "note" }, note) : null, table(caption, head, rows, textColumns));
}

export function simulated(text: string): string {
  return `${text} (${t("simulated")})`;
}
