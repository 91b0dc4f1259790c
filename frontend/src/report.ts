// The one-file report: the same parts with the data inlined, and what a reader needs besides: words, limits, replay.

import type { Topology } from "topojson-specification";
import { fill, h, table } from "./dom";
import { makeMap } from "./map";
import { count, day, exact, interval, likelihood, percent, signed } from "./numbers";
import { about, choosePlace, placePanel, placesPanel, quantitiesPanel, totalsPanel } from "./panels";
import { on, state, tell } from "./state";
import { timeBar } from "./time";
import { languageNow, speak, t, told, totalTitle, type Key, type Language } from "./words";
import type { Difference, Needs, Network, Run } from "./types";

interface Report {
  language: Language;
  network: Network;
  run: Run;
  parameters: { name: string; value: number; low: number | null; high: number | null; unit: string; source: string; note: string }[];
  cases: { reference: string; policy: string; response: string; differences: Difference[] }[];
  tornado: { name: string; title: string; base: number; movers: { parameter: string; low: number; high: number; at_low: number; at_high: number }[] }[];
  needs: Needs[];
  claims: { n: number; claim: string; verdict: string; figures: string; sources: string }[];
  replay: { command: string; seed: number; policy: string; replicates: number; content_hash: string; created: string; versions: Record<string, string> };
}

const TOLD = ["departed", "arrived", "returned", "detained", "died", "separated", "turned_away"];

export function inlined<T>(name: string): T | null {
  const element = document.getElementById(`inlined-${name}`);
  return element?.textContent ? (JSON.parse(element.textContent) as T) : null;
}

export function showReport(report: Report): void {
  const page = document.getElementById("page");
  if (!page) return;
  state.network = report.network;
  state.ensemble = report.run;
  state.day = 0;
  state.inlined = true;
  const section = (id: string) => h("section", { id });
  const [head, summary, totals, place, quantities, places] = ["report-head", "summary", "totals", "chosen", "quantities", "places"].map(section) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  const [cases, needs, tornado, assumptions, claims, limits, replay] = ["cases", "all-needs", "tornado", "assumptions", "claims", "limits", "replay"].map(section) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  const [canvas, note, time, rest] = [h("div", { id: "map", role: "region" }), h("p", { class: "note" }), h("div", { id: "time" }), h("details", { id: "about" })];
  fill(page, h("main", { class: "report" }, head, summary, canvas, note, time, h("div", { class: "columns" }, totals, place), quantities, cases, needs, places, tornado, limits, assumptions, claims, replay, rest));
  timeBar(time);
  placePanel(place);
  totalsPanel(totals);
  quantitiesPanel(quantities);
  placesPanel(places);
  about(rest);
  on(["language"], () => {
    canvas.setAttribute("aria-label", t("map"));
    note.textContent = t("map_note");
    paintHead(head, report);
    paintSummary(summary, report);
    paintCases(cases, report);
    paintNeeds(needs, report);
    paintTornado(tornado, report);
    paintLimits(limits);
    paintAssumptions(assumptions, report);
    paintClaims(claims, report);
    paintReplay(replay, report);
  });
  speak(languageNow());
  tell("network", "run", "place", "language");
  void drawMap(canvas, report.network);
}

async function drawMap(into: HTMLElement, network: Network): Promise<void> {
  try {
    const worker = new Blob([inlined<string>("worker") ?? ""], { type: "text/javascript" });
    const map = await makeMap(into, inlined<Topology>("world") as Topology, choosePlace, URL.createObjectURL(worker));
    const paint = () => state.ensemble && map.show(network, state.ensemble, state.day, state.place);
    on(["day", "place"], paint);
    map.frame(network);
    paint();
  } catch (error) {
    into.textContent = t("map_missing", { why: error instanceof Error ? error.message : "WebGL" });
  }
}

function policyTitle(report: Report, name: string): string {
  const found = report.network.policies.find((policy) => policy.name === name);
  return found ? told(found.title, name) : name;
}

function title(report: Report, name: string, fallback: string): string {
  const own = report.run.quantities.find((quantity) => quantity.name === name);
  return own ? told(own.title, name) : totalTitle(name, fallback);
}

function paintHead(into: HTMLElement, report: Report): void {
  const { run, network } = report;
  const [first = "", last = ""] = [run.dates[0], run.dates[run.dates.length - 1]];
  const language = h("select", { id: "language", "aria-label": t("language"), change: () => turn(language.value as Language) });
  language.append(h("option", { value: "en", lang: "en" }, "English"), h("option", { value: "es", lang: "es" }, "Español"));
  language.value = languageNow();
  const label = run.kind === "central" ? t("central") : t("ensemble", { n: run.replicates });
  fill(
    into,
    h("p", { class: "row" }, h("strong", {}, "Travesía"), language),
    h("h1", {}, told(network.title, network.id)),
    h("p", {}, `${day(first)} – ${day(last)}. ${t("policy")}: ${policyTitle(report, run.policy)}. ${label}.`),
    h("p", { class: "banner" }, t("about_text")),
    network.coarse ? h("p", { class: "banner" }, t("coarse")) : null,
  );
}

function turn(language: Language): void {
  speak(language);
  tell("language");
  document.getElementById("language")?.focus();
}

function paintSummary(into: HTMLElement, report: Report): void {
  const items: string[] = [];
  for (const name of TOLD) {
    const total = report.run.totals.find((one) => one.name === name);
    if (!total?.modelled) continue;
    const plain = name === "died" ? exact : count;
    const range = interval(total.low, total.high, name !== "died");
    items.push(`${title(report, name, total.title)}: ${plain(total.median)}${range ? ` (${t("interval_90")}: ${range})` : ""} — ${t("simulated")}.`);
  }
  for (const one of report.cases) {
    for (const row of one.differences) {
      if (!TOLD.includes(row.name) || row.by_definition || row.sign_open) continue;
      items.push(sentence(report, one, row));
    }
  }
  fill(into, h("h2", {}, t("summary")), h("ul", {}, ...items.map((item) => h("li", {}, item))));
}

function sentence(report: Report, one: Report["cases"][number], row: Difference): string {
  const what = { what: title(report, row.name, row.title).toLowerCase(), policy: policyTitle(report, one.policy), reference: policyTitle(report, one.reference), response: t(`response_${one.response}` as Key) };
  const range = interval(row.low, row.high, row.name !== "died");
  const change = `${signed(row.median, row.name !== "died")} (${t("interval_90")}: ${range})`;
  if (row.low === 0 && row.high === 0) return t("sentence_none", what);
  const more = row.probability >= 0.5;
  const share = more ? row.probability : 1 - row.probability;
  return t(more ? "sentence_more" : "sentence_not_more", { ...what, likely: likelihood(share), p: percent(share), change });
}

function paintCases(into: HTMLElement, report: Report): void {
  const tables = report.cases.map((one) => {
    const names = { before: policyTitle(report, one.reference), after: policyTitle(report, one.policy) };
    const rows = one.differences.map((row) => {
      const few = !row.name.startsWith("died");
      const plain = few ? count : exact;
      const marks = `${row.by_definition ? " *" : ""}${row.sign_open ? " †" : ""}`;
      return [title(report, row.name, row.title) + marks, plain(row.before), plain(row.after), signed(row.median, few), interval(row.low, row.high, few), row.sign_open ? "†" : `${likelihood(row.probability)} (${percent(row.probability)})`];
    });
    const caption = `${t("compare_ready", names)}; ${t(`response_${one.response}` as Key)} (${t("simulated")})`;
    return table(caption, [t("what"), t("before"), t("after"), t("difference"), t("interval_90"), t("probability")], rows);
  });
  fill(into, ...(tables.length ? [h("h2", {}, t("compared")), ...tables, h("p", { class: "note" }, `${t("by_definition")}. ${t("sign_open")}.`)] : []));
}

function paintNeeds(into: HTMLElement, report: Report): void {
  const tables = report.needs.map((needs) => {
    const name = report.network.places.find((place) => place.place === needs.place)?.name ?? needs.place;
    const rows = needs.needs.map((need) => [need.quantity.replaceAll("_", " "), need.who.replaceAll("_", " "), exact(need.median), interval(need.low, need.high, false), need.unit]);
    const over = needs.over ? h("p", {}, `${t("over", { p: percent(needs.over), date: needs.first_over ? day(needs.first_over) : "–" })} (${likelihood(needs.over)})`) : "";
    return h("details", {}, h("summary", {}, t("needs", { place: name, date: day(needs.date) })), table(`${name} (${t("simulated")})`, [t("what"), t("who"), t("median"), t("interval_90"), t("unit")], rows, 2), over);
  });
  fill(into, ...(tables.length ? [h("h2", {}, t("needs_title")), ...tables] : []));
}

function paintTornado(into: HTMLElement, report: Report): void {
  const blocks = report.tornado.map((one) => {
    const rows = one.movers.map((mover) => [mover.parameter.replaceAll("_", " "), exact(mover.low), exact(mover.high), count(mover.at_low), count(mover.at_high), bar(one.base, mover.at_low, mover.at_high, one.movers)]);
    return table(`${title(report, one.name, one.title)}: ${count(one.base)} (${t("central_short")})`, [t("parameter"), t("low_point"), t("high_point"), t("at_low"), t("at_high"), ""], rows);
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
  inner.style.marginLeft = `${left}%`;
  inner.style.width = `${Math.max(1, right - left)}%`;
  return h("span", { class: "bars", "aria-hidden": "true" }, inner);
}

function paintLimits(into: HTMLElement): void {
  const items = (["limit_scenario", "limit_unknown", "limit_places", "limit_use"] as const).map((key) => h("li", {}, t(key)));
  fill(into, h("h2", {}, t("limits")), h("ul", {}, ...items));
}

function paintAssumptions(into: HTMLElement, report: Report): void {
  if (report.parameters.length === 0) return;
  const rows = report.parameters.map((one) => [one.name.replaceAll("_", " "), `${exact(one.value)}`, interval(one.low, one.high, false), one.unit, one.source]);
  fill(into, h("details", {}, h("summary", {}, `${t("assumptions")} (${t("assumed")})`), table(t("assumptions"), [t("parameter"), t("value"), t("prior"), t("unit"), t("source")], rows)));
}

function paintClaims(into: HTMLElement, report: Report): void {
  if (report.claims.length === 0) return;
  const rows = report.claims.map((one) => [`${one.n}. ${one.claim}`, one.verdict, one.figures, one.sources.replaceAll(";", "; ")]);
  fill(into, h("details", {}, h("summary", {}, t("claims_title")), h("p", { class: "note" }, t("claims_note")), table(t("claims_title"), [t("claim"), t("verdict"), t("found"), t("sources")], rows, 4)));
}

function paintReplay(into: HTMLElement, report: Report): void {
  const { replay } = report;
  const versions = Object.entries(replay.versions).map(([name, version]) => `${name} ${version}`);
  fill(
    into,
    h("h2", {}, t("replay")),
    h("p", {}, t("replay_text")),
    replay.command ? h("pre", {}, h("code", {}, replay.command)) : null,
    h("p", { class: "note" }, `${t("seed")} ${replay.seed}; ${replay.replicates}; ${replay.policy}; ${replay.created}; ${replay.content_hash}; ${versions.join(", ")}`),
  );
}
