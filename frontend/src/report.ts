// The one-file report: the same parts with the data inlined, and what a reader needs besides: words, limits, replay.

import type { Topology } from "topojson-specification";
import { fill, h, mark, table } from "./dom";
import { allTold, inlined, simulated, sourceLink, type Report } from "./inlined";
import { chance } from "./likelihood";
import { makeMap } from "./map";
import { count, day, figure, moment, span } from "./numbers";
import { noted } from "./notes";
import { about, choosePlace, needed, placePanel, placesPanel, quantitiesPanel, totalsPanel } from "./panels";
import { paintPolicies } from "./policies";
import { on, state, tell } from "./state";
import { paintReported, paintSummary, paintUnknown } from "./summary";
import { timeBar } from "./time";
import { languageChoice } from "./language";
import { label, languageNow, policyTitle, spaced, speak, t, title, told, word } from "./words";
import type { Needs, Network, Run } from "./types";

const PARTS = ["report-head", "summary", "totals", "chosen", "quantities", "reported", "cases", "all-needs", "places", "tornado", "unknown", "limits", "assumptions", "claims", "replay"] as const;
type Part = (typeof PARTS)[number];

export function showReport(report: Report): void {
  const page = document.getElementById("page");
  if (!page) return;
  report.run.quantities.forEach((quantity, i) => quantity.reported.forEach((figure, j) => (figure.answer = report.answers[i]?.[j] ?? null)));
  state.network = report.network;
  state.ensemble = report.run;
  state.day = busiest(report.run);
  state.place = fullest(report);
  state.inlined = true;
  const made = new Map<Part, HTMLElement>(PARTS.map((id) => [id, h("section", { id })]));
  const part = (id: Part) => made.get(id) as HTMLElement;
  const [canvas, printed, note, time, rest] = [h("div", { id: "map" }), h("img", { id: "printed-map", alt: "" }), h("p", { class: "note" }), h("div", { id: "time" }), h("details", { id: "about" })];
  const columns = h("div", { class: "columns" }, part("totals"), part("chosen"));
  const before = [part("report-head"), part("summary"), canvas, printed, note, time, columns];
  fill(page, h("main", { class: "report" }, ...before, ...PARTS.slice(4).map(part), rest));
  timeBar(time);
  placePanel(part("chosen"));
  totalsPanel(part("totals"));
  quantitiesPanel(part("quantities"));
  placesPanel(part("places"));
  about(rest);
  on(["language", "day"], () => {
    note.textContent = `${day(report.run.dates[state.day] ?? "")} (${t("simulated")}). ${t("map_note")}`;
  });
  on(["language"], () => {
    printed.alt = t("map");
    paintHead(part("report-head"), report);
    paintSummary(part("summary"), report);
    paintReported(part("reported"), report);
    paintPolicies(part("cases"), report);
    paintNeeds(part("all-needs"), report);
    paintTornado(part("tornado"), report);
    paintUnknown(part("unknown"), report);
    paintLimits(part("limits"));
    paintAssumptions(part("assumptions"), report);
    paintClaims(part("claims"), report);
    paintReplay(part("replay"), report);
  });
  speak(languageNow());
  tell("network", "run", "place", "language", "day");
  unfoldToPrint(page);
  void drawMap(canvas, printed, report.network);
}

/** The day with the most people on the way, or at places where nobody is told on the way. */
function busiest(run: Run): number {
  const series = run.flows.length ? run.flows : run.people.map((band) => band.median);
  const sums = run.dates.map((_, number) => series.reduce((sum, own) => sum + (own[number] ?? 0), 0));
  return Math.max(0, sums.indexOf(Math.max(...sums)));
}

function fullest(report: Report): number | null {
  const found = report.network.places.findIndex((place) => place.place === report.needs[0]?.place);
  return found < 0 ? null : found;
}

/** What is folded away is printed too. */
function unfoldToPrint(page: HTMLElement): void {
  let folded: HTMLDetailsElement[] = [];
  window.addEventListener("beforeprint", () => {
    folded = [...page.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
}

async function drawMap(into: HTMLElement, printed: HTMLImageElement, network: Network): Promise<void> {
  try {
    const worker = new Blob([inlined<string>("worker") ?? ""], { type: "text/javascript" });
    const map = await makeMap(into, inlined<Topology>("world") as Topology, choosePlace, URL.createObjectURL(worker), true);
    const paint = () => state.ensemble && map.show(network, state.ensemble, state.day, state.place);
    on(["day", "place"], paint);
    map.still((picture) => (printed.src = picture));
    map.frame(network);
    paint();
  } catch (error) {
    into.textContent = t("map_missing", { why: error instanceof Error ? error.message : "WebGL" });
  }
}

function paintHead(into: HTMLElement, report: Report): void {
  const { run, network } = report;
  const [first = "", last = ""] = [run.dates[0], run.dates[run.dates.length - 1]];
  const kind = run.kind === "central" ? t("central") : t("ensemble", { n: run.replicates });
  document.title = `${told(network.title, network.id)} — Travesía`;
  fill(
    into,
    h("p", { class: "row" }, h("strong", {}, "Travesía"), languageChoice()),
    h("h1", {}, told(network.title, network.id)),
    h("p", {}, `${span(first, last)}. ${t("policy")}: ${policyTitle(report.network.policies, run.policy)}. ${kind}.`),
    h("p", { class: "banner" }, t("about_text")),
    network.coarse ? h("p", { class: "banner" }, t("coarse")) : null,
    h("p", { id: "label" }, label(network.sensitivity)),
    h("p", { class: "note" }, mark("simulated"), ` ${t("means_simulated")} `, mark("observed"), ` ${t("means_observed")} `, mark("assumed"), ` ${t("means_assumed")}`),
  );
}

function paintNeeds(into: HTMLElement, report: Report): void {
  const tables = report.needs.map((needs, number) => needsOf(report, needs, number === 0));
  fill(into, ...(tables.length ? [h("h2", {}, t("needs_title")), h("p", { class: "note" }, mark("simulated"), " ", mark("assumed"), ` ${t("needs_note")}`), ...tables] : []));
}

function needsOf(report: Report, needs: Needs, open: boolean): HTMLElement {
  const name = report.network.places.find((place) => place.place === needs.place)?.name ?? needs.place;
  const rows = needs.needs.map((need) => [word("need", need.quantity), word("who", need.who), needed(need, need.median), report.run.kind === "central" ? "" : t("interval", { low: needed(need, need.low), high: needed(need, need.high) }), word("unit", need.unit)]);
  const likely = needs.over && report.run.kind === "ensemble" ? chance(needs.over, report.run.replicates) : "";
  const over = needs.over ? h("p", {}, t("over_likely", { chance: likely, date: needs.first_over ? day(needs.first_over) : "–" })) : "";
  const caption = t("needs", { place: name, date: day(needs.date) });
  return h("details", { open }, h("summary", {}, caption), over, table(simulated(name), [t("what"), t("who"), t("median"), t("interval_90"), t("unit")], rows, [0, 1, 4]), ...needs.notes.map(noted).map(({ text, lang }) => h("p", { class: "note", lang }, text)));
}

function paintTornado(into: HTMLElement, report: Report): void {
  const blocks = report.tornado.map((one) => {
    const rows = one.movers.map((mover) => [spaced(mover.parameter), figure(mover.low), figure(mover.high), count(mover.at_low), count(mover.at_high), bar(one.base, mover.at_low, mover.at_high, one.movers)]);
    const caption = `${title(report.run.quantities, one.name, one.title)}: ${count(one.base)} (${t("central_short")})`;
    return table(caption, [t("parameter"), `${t("low_point")} (${t("assumed")})`, `${t("high_point")} (${t("assumed")})`, simulated(t("at_low")), simulated(t("at_high")), ""], rows);
  });
  fill(into, ...(blocks.length ? [h("h2", {}, t("movers_title")), h("p", { class: "note" }, t("movers_note")), ...blocks] : []));
}

/** A bar from the number at one end of a prior to that at the other, on the scale of its neighbours. */
function bar(base: number, low: number, high: number, others: { at_low: number; at_high: number }[]): HTMLElement {
  const every = [base, ...others.flatMap((other) => [other.at_low, other.at_high])];
  const [least, most] = [Math.min(...every), Math.max(...every)];
  const share = (value: number) => (100 * (value - least)) / (most - least || 1);
  const [left, right] = [Math.min(share(low), share(high)), Math.max(share(low), share(high))];
  const inner = h("span", { class: "bar" });
  inner.style.marginLeft = `${Math.min(99, left)}%`;
  inner.style.width = `${Math.max(1, right - left)}%`;
  return h("span", { class: "bars", "aria-hidden": "true" }, inner);
}

function paintLimits(into: HTMLElement): void {
  const items = (["limit_scenario", "limit_places", "limit_use"] as const).map((key) => h("li", {}, t(key)));
  fill(into, h("h2", {}, t("limits")), h("ul", {}, ...items));
}

function paintAssumptions(into: HTMLElement, report: Report): void {
  if (report.parameters.length === 0) return;
  const known = new Map(report.network.sources.map((source) => [source.source, source]));
  const from = (key: string) => (known.has(key) ? sourceLink(known.get(key)!) : word("from", key));
  const rows = report.parameters.map((one) => [spaced(one.name), figure(one.value), one.low === null || one.high === null ? "" : t("interval", { low: figure(one.low), high: figure(one.high) }), one.unit, h("span", {}, from(one.source), one.note ? h("small", { lang: "en" }, one.note) : null)]);
  fill(into, allTold(`${t("assumptions")} (${t("assumed")})`, t("assumptions"), [t("parameter"), t("value"), t("prior"), t("unit"), t("source")], rows, [0, 3, 4], t("notes_english")));
}

function paintClaims(into: HTMLElement, report: Report): void {
  if (report.claims.length === 0) return;
  const rows = report.claims.map((one) => {
    const sources = one.sources.flatMap((source, number) => [number ? "; " : "", sourceLink(source)]);
    return [`${one.n}. ${told(one.claim)}`, h("strong", {}, told(one.verdict)), told(one.figures), h("span", {}, ...sources)];
  });
  fill(into, allTold(t("claims_title"), t("claims_title"), [t("claim"), t("verdict"), `${t("found")} (${t("observed")})`, t("sources")], rows, 4, t("claims_note")));
}

function paintReplay(into: HTMLElement, report: Report): void {
  const { replay } = report;
  const versions = Object.entries(replay.versions).map(([name, version]) => `${name} ${version}`);
  const facts = [`${t("seed")}: ${replay.seed}`, `${t("replicates")}: ${replay.replicates}`, `${t("policy")}: ${replay.policy}`, t("made_on", { when: moment(replay.created) }), `SHA-256: ${replay.content_hash}`, versions.join(", ")];
  fill(
    into,
    h("h2", {}, t("replay")),
    h("p", {}, t("replay_text")),
    replay.command ? h("pre", { tabindex: 0 }, h("code", {}, replay.command)) : null,
    h("ul", { class: "note" }, ...facts.map((fact) => h("li", {}, fact))),
  );
}
