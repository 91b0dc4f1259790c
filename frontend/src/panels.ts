// The panels beside the map: the place that is chosen, totals, all places, downloads, what the numbers rest on.

import { api } from "./api";
import { guarded } from "./actions";
import { chartBox, draw, reports } from "./chart";
import { fill, h, save, table } from "./dom";
import { sourceLink } from "./inlined";
import { count, day, exact, figure, interval, percent } from "./numbers";
import { noted } from "./notes";
import { pictures } from "./seen";
import { on, shown, state, tell } from "./state";
import { label, spaced, t, title, told, word } from "./words";
import type { Need, Needs, Network, Quantity, Run, Total } from "./types";

const MOST_CHARTS = 8;

export function choosePlace(place: number): void {
  state.place = place;
  tell("place");
}

export function placePanel(into: HTMLElement): void {
  let needs: Needs | null = null;
  const charts = pictures();
  const paint = () => {
    const [run, network] = [shown(), state.network];
    if (state.forecast) {
      charts([]);
      fill(into); // its fans show the place
      return;
    }
    const place = state.place === null ? undefined : network?.places[state.place];
    const band = state.place === null ? undefined : run?.people[state.place];
    if (!run || !network || !place || !band || state.place === null) {
      charts([]);
      if (network) fill(into, h("h2", {}, t("place")), placeChoice(network), h("p", {}, t("choose_place")));
      return;
    }
    const own = run.quantities.find((quantity) => quantity.name === "present" && quantity.place === place.place);
    const reported = own?.reported ?? presentAt(run, place.place);
    const series = { title: place.name, dates: run.dates, band, reported, capacity: run.capacity[state.place] ?? null };
    const box = chartBox(series, state.day);
    const ask = h("button", { type: "button", id: "needs-button", click: () => void askNeeds(place.place) }, t("needs_button"));
    fill(
      into,
      h("h2", { id: "place-name" }, place.name),
      placeChoice(network),
      h("p", {}, [word("kind_of", place.kind), place.area, spaced(place.country)].filter(Boolean).join(" · ")),
      h("p", {}, now(run, band.median[state.day] ?? 0, band.low?.[state.day] ?? null, band.high?.[state.day] ?? null)),
      box,
      chartKey(run),
      reports(series),
      network.coarse || state.inlined ? null : ask,
      needs && needs.place === place.place ? needsTable(needs, place.name) : null,
    );
    charts([{ box, draw: () => draw(box, series, state.day) }]);
  };
  const askNeeds = (place: string) =>
    guarded(async () => {
      if (!state.network) return;
      needs = await api.needs(state.network.id, place, state.changes);
      paint();
    });
  on(["changes", "network"], () => (needs = null));
  on(["network", "run", "place", "day", "language"], paint);
}

/** Every place by name, for those who use no mouse: the table has those where somebody is. */
export function placeChoice(network: Network): HTMLElement {
  const select = h("select", { id: "place-choice", "aria-label": t("place"), change: () => choosePlace(Number(select.value)) });
  if (state.place === null) select.append(h("option", { value: "" }, t("no_place")));
  const named = network.places.map((place, number) => ({ number, text: `${place.name} (${spaced(place.country)})` }));
  for (const { number, text } of named.sort((a, b) => a.text.localeCompare(b.text))) select.append(h("option", { value: number }, text));
  select.value = state.place === null ? "" : String(state.place);
  return h("p", { class: "field", id: "place-field" }, select);
}

function presentAt(run: Run, place: string) {
  return run.quantities.filter((quantity) => quantity.place === place).flatMap((quantity) => quantity.reported);
}

function now(run: Run, median: number, low: number | null, high: number | null): string {
  const range = interval(low, high);
  return `${day(run.dates[state.day] ?? "")}: ${count(median)}${range ? ` (${range})` : ""} — ${t("simulated")}`;
}

function needsTable(needs: Needs, name: string): HTMLElement {
  const rows = needs.needs.map((need) => [word("need", need.quantity), word("who", need.who), needed(need, need.median), word("unit", need.unit)]);
  const over = needs.over ? t("over", { p: percent(needs.over), date: needs.first_over ? day(needs.first_over) : "–" }) : "";
  return h(
    "div",
    { id: "needs" },
    table(t("needs", { place: name, date: day(needs.date) }), [t("what"), t("who"), t("result"), t("unit")], rows, [1, 3]),
    over ? h("p", {}, over) : null,
    ...needs.notes.map(noted).map(({ text, lang }) => h("p", { class: "note", lang }, text)),
  );
}

/** People as they are told everywhere, things in two figures and whole: nobody builds half a toilet. */
export function needed(need: Need, value: number): string {
  return need.people ? count(value) : figure(Math.ceil(value));
}

export function quantitiesPanel(into: HTMLElement): void {
  const charts = pictures();
  const paint = () => {
    const run = shown();
    const chosen = (run?.quantities ?? []).filter((one) => one.name !== "present").slice(0, MOST_CHARTS);
    if (!run) return;
    const boxes = chosen.map((one) => {
      const series = { title: told(one.title, one.name), dates: run.dates, band: one.band, reported: one.reported, capacity: null };
      const box = chartBox(series, state.day);
      return { box, series, figure: h("figure", {}, h("figcaption", {}, captioned(series.title, t(kindKey(one)))), box, reports(series)) };
    });
    fill(into, ...boxes.map(({ figure }) => figure), chosen.length ? chartKey(run) : null);
    charts(boxes.map(({ series, box }) => ({ box, draw: () => draw(box, series, state.day) })));
  };
  on(["network", "run", "language"], paint);
}

function chartKey(run: Run): HTMLElement {
  return h("p", { class: "note" }, t(run.kind === "central" ? "key_central" : "key_ensemble"));
}

/** A title and how it counts, unless the title says so itself. */
function captioned(title: string, kind: string): string {
  return title.toLowerCase().endsWith(kind.toLowerCase()) ? title : `${title} (${kind})`;
}

function kindKey(quantity: Quantity): "kind_stock" | "kind_flow" | "kind_cumulative" {
  return `kind_${quantity.kind}`;
}

export function totalsPanel(into: HTMLElement): void {
  on(["network", "run", "language"], () => {
    const run = shown();
    if (!run) return;
    const cells = (total: Total): (string | HTMLElement)[] => {
      const plain = total.deaths ? exact : count;
      const value = h("span", { "data-total": total.name }, total.modelled ? plain(total.median) : "–");
      return [title(run.quantities, total.name, total.title), value, total.modelled ? interval(total.low, total.high, !total.deaths) : h("span", { class: "words" }, t("not_modelled"))];
    };
    const caption = `${t("totals")}, ${day(run.dates[run.dates.length - 1] ?? "")} (${t("simulated")})`;
    fill(into, table(caption, [t("what"), run.kind === "central" ? t("central_short") : t("median"), t("interval_90")], run.totals.map(cells)));
  });
}

export function placesPanel(into: HTMLElement): void {
  on(["network", "run", "day", "language"], () => {
    const [run, network] = [shown(), state.network];
    if (!run || !network) return;
    const rows = network.places
      .map((place, number) => ({ place, number, band: run.people[number] }))
      .filter(({ band }) => (band?.median[state.day] ?? 0) > 0)
      .sort((a, b) => (b.band?.median[state.day] ?? 0) - (a.band?.median[state.day] ?? 0))
      .map(({ place, number, band }) => [
        h("button", { type: "button", class: "link", id: `at-${place.place}`, click: () => choosePlace(number) }, place.name),
        spaced(place.country),
        count(band?.median[state.day] ?? 0),
        interval(band?.low?.[state.day] ?? null, band?.high?.[state.day] ?? null),
      ]);
    const caption = `${t("places")}, ${day(run.dates[state.day] ?? "")} (${t("simulated")})`;
    const width = run.kind === "forecast" ? t("interval_80") : t("interval_90");
    fill(into, table(caption, [t("place"), t("country"), t("people"), width], rows, 2));
  });
}

export function downloads(into: HTMLElement): void {
  const tables = ["people", "flows", "quantities", "totals"] as const;
  on(["network", "language"], () => {
    const network = state.network;
    if (!network) return;
    const button = (name: (typeof tables)[number], format: string) =>
      h("button", { type: "button", id: `get-${name}-${format}`, click: () => void get(name, format) }, format.toUpperCase());
    fill(
      into,
      h("h2", {}, t("download")),
      ...tables.map((name) => h("p", { class: "row" }, h("span", {}, t(`table_${name}`)), button(name, "csv"), button(name, "xlsx"))),
    );
  });
}

async function get(name: string, format: string): Promise<void> {
  await guarded(async () => {
    if (!state.network) return;
    const id = state.network.id;
    const run = state.ensemble ? (state.job?.id ?? id) : null; // of an ensemble made here, or a run folder that is served
    const blob = run ? await api.runTable(run, name, format) : await api.centralTable(id, name, format, state.changes);
    const owned = state.network?.sensitivity.startsWith("restricted") ? "restricted-" : "";
    save(blob, `${owned}${id}-${name}.${format}`);
  });
}

export function about(into: HTMLElement): void {
  on(["network", "language"], () => {
    const network = state.network;
    if (!network) return;
    fill(
      into,
      h("summary", {}, t("about")),
      h("p", {}, t("about_text")),
      network.coarse ? h("p", {}, t("coarse")) : null,
      t("notes_english") ? h("p", { class: "note" }, t("notes_english")) : null,
      network.note ? h("p", { lang: "en" }, network.note) : null,
      h("p", { class: "label" }, label(network.sensitivity)),
      network.licence ? h("p", {}, t("licence", { licence: network.licence })) : null,
      h("h3", {}, t("sources")),
      h("ul", {}, ...network.sources.map((one) => h("li", {}, sourceLink(one), one.date ? `, ${one.date}` : ""))),
    );
  });
}
